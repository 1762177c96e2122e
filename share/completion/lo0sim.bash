# bash completion for lo0sim                                               -*- shell-script -*-
# SPDX-License-Identifier: BSD-3-Clause
# Commands and options are what `lo0sim --help` and `lo0sim COMMAND --help` say, so a new one needs
# nothing here. What an argument can be follows from its name in the help: _lo0sim_values, which a
# test holds to every name that there is.

_lo0sim_run() {
  "${_lo0sim_program:-lo0sim}" "$@" 2>/dev/null </dev/null
}

# _lo0sim_kind KIND: the words of a kind, such as eras, with blanks between them.
_lo0sim_kind() {
  local words
  words=$(_lo0sim_run --words "$1")
  printf '%s' "${words//$'\n'/ }"
}

_lo0sim_commands() {
  _lo0sim_run --help | sed -n 's/^  \([a-z][a-z0-9-]*\)  *[^ ].*/\1/p'
}

# _lo0sim_options COMMAND: a line for each option, `--rules FILE` or `--listen`.
_lo0sim_options() {
  local line argument word
  _lo0sim_run "$1" --help | while IFS= read -r line; do
    [[ $line =~ ^\ \ (\ \ \ \ )?(-.*)$ ]] || continue
    line=${BASH_REMATCH[2]%%  *}
    argument=${line##*, }
    [[ $argument == *' '* ]] && argument=${argument#* } || argument=
    for word in ${line//, / }; do
      [[ $word != -* ]] || printf '%s\n' "$word${argument:+ $argument}"
    done
  done
}

# _lo0sim_positional COMMAND N: the name of the Nth argument that is no option, from the usage line.
_lo0sim_positional() {
  local word n=0 skip=0 usage
  usage=$(_lo0sim_run "$1" --help | sed -n "s/^usage: lo0sim $1//p")
  for word in $usage; do
    case $word in
      '[OPTION...]') ;;
      -*) skip=1 ;;
      *)
        if ((skip)); then
          skip=0
        elif ((++n == $2)) || [[ $word == *... ]]; then
          echo "${word%...}"
          return
        fi
        ;;
    esac
  done
}

# _lo0sim_tests FILE: the names of its tests.
_lo0sim_tests() {
  [[ $(_lo0sim_run run --help) == *--list* ]] || return
  _lo0sim_run run --list "$1" | sed -n "s|^${1//[.\*^\$|]/\\&}:||p"
}

_lo0sim_words() {
  local IFS=$'\n'
  COMPREPLY=($(compgen -W "${1// /$'\n'}" -- "$_lo0sim_cur"))
}

# Words separated by commas: adds those that are not there yet after those that are.
_lo0sim_list() {
  local done= left=$1 word IFS=$' \n'
  if [[ $_lo0sim_cur == *,* ]]; then
    done=${_lo0sim_cur%,*},
    for word in ${done//,/ }; do
      left=" $left "
      left=${left/ $word / }
    done
  fi
  COMPREPLY=($(compgen -P "$done" -W "$left" -- "${_lo0sim_cur##*,}"))
  compopt -o nospace 2>/dev/null || true
}

# _lo0sim_files [PATTERN]: folders, and files, or those of a pattern.
_lo0sim_files() {
  local name
  while IFS= read -r name; do
    # shellcheck disable=SC2053 # a pattern
    [[ ! -d $name && ${name##*/} != ${1:-*} ]] || COMPREPLY+=("$name")
  done < <(compgen -f -- "$_lo0sim_cur" | sort)
  compopt -o filenames 2>/dev/null || true
}

# A scenario, or FILE:TEST. Names of tests have spaces, and readline has words end at a colon: what
# is put in place is quoted, unless a quote is open, and is the text after the last colon.
_lo0sim_scenario() {
  local cur=$_lo0sim_cur quoted= file test name before
  case $cur in
    *[\'\"]*) quoted=1 before=${cur%%[\'\"]*} ;;
  esac
  cur=${cur//[\'\"\\]/}
  file=${cur%%:*}
  if [[ $cur != *:* || ! -f $file ]]; then
    _lo0sim_cur=$cur
    _lo0sim_files '*.lua'
    return
  fi
  test=${cur#*:}
  while IFS= read -r name; do
    [[ $name == "$test"* ]] || continue
    name=$file:$name
    if [[ $quoted ]]; then
      COMPREPLY+=("${name#"$before"}")
    else
      [[ $COMP_WORDBREAKS != *:* ]] || name=${name#"${cur%"${cur##*:}"}"}
      COMPREPLY+=("$(printf '%q' "$name")")
    fi
  done < <(_lo0sim_tests "$file")
}

# Where a capture is taken.
_lo0sim_taps() {
  _lo0sim_words "snoop wire $(echo {LOOPBACK,PHYSICAL}_{OUT,IN}{:before,:after})"
}

# _lo0sim_values OPTION ARGUMENT: what an option's argument can be, or, without an option, a word of
# its own; into COMPREPLY.
# => Returns 1 if that is not known.
_lo0sim_values() {
  case $1:$2 in
    *:*'|'*) _lo0sim_words "${2//|/ }" ;;
    --eras:LIST) _lo0sim_list "$(_lo0sim_kind eras)" ;;
    --modes:LIST) _lo0sim_list "$(_lo0sim_kind modes)" ;;
    --proto:PROTO) _lo0sim_words "tcp udp" ;;
    --rule:RULE) COMPREPLY=(block pass) ;;
    --expect:RESULT) _lo0sim_words "ECONNREFUSED ETIMEDOUT connected" ;;
    *:ERA) _lo0sim_words "$(_lo0sim_kind eras)" ;;
    *:WHEN) _lo0sim_words "$(_lo0sim_kind colors)" ;;
    *:MODE) _lo0sim_words "$(_lo0sim_kind modes)" ;;
    *:RULE) ;;
    *:FAULT) _lo0sim_words "drop duplicate delay reorder corrupt truncate rules hooks kill fail order reset stall close slow" ;;
    --kinds:LIST) _lo0sim_list "drop duplicate delay reorder corrupt hooks process allocation order all" ;;
    --places:LIST) _lo0sim_list "LOOPBACK_OUT LOOPBACK_IN PHYSICAL_OUT wire PHYSICAL_IN ip_fanout" ;;
    --engine:NAME) _lo0sim_words "snapshot reload" ;;
    *:K | *:MIB) ;;
    -F:FORMAT) _lo0sim_words "text hex pcap" ;;
    --linktype:TYPE) _lo0sim_words "$(_lo0sim_kind linktypes)" ;;
    --tap:TAP) _lo0sim_taps ;;
    --format:FORM*) _lo0sim_words "$(_lo0sim_kind formats)" ;;
    --ignore:WARNINGS) _lo0sim_list "$(_lo0sim_kind warnings)" ;;
    -T:LIST) _lo0sim_list "fr_pass=pass fr_pass=block fr_minttl=" ;;
    :COMMAND) COMPREPLY=($(compgen -c -- "$_lo0sim_cur")) ;;
    *:IF) _lo0sim_words "lo0 e1000g0 anon0" ;;
    :PACKET) _lo0sim_words "in out in6 out6" ;;
    :\[STEP\]) _lo0sim_words "1 2 3 4 5 6 7 8" ;;
    :ADDRESS) _lo0sim_words "localhost 127.0.0.1 192.168.1.5" ;;
    *:FILE.so*) _lo0sim_files '*.so' ;;
    :FILE | :FILE\[:TEST\]) _lo0sim_scenario ;;
    *:FILE | *:FILE.* | *:RULES | *:PACKETS) _lo0sim_files ;;
    *:FOLDER) _lo0sim_files '*/' ;;
    *:N | *:S | *:I/N | *:IP | *:HOW | *:PORTS | *:PATTERN | *:WORD | :PORT | :NAME) ;;
    *) return 1 ;;
  esac
}

# The line up to the cursor as words, as the shell has them: readline parts them at = and :, too.
_lo0sim_split() {
  local i line=${COMP_LINE:0:COMP_POINT} word
  _lo0sim_line=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $line == [[:blank:]]* || $i -eq 0 ]]; then
      line=${line#"${line%%[![:blank:]]*}"}
      _lo0sim_line+=("")
    fi
    ((i < COMP_CWORD)) || word=$line
    _lo0sim_line[${#_lo0sim_line[@]} - 1]+=$word
    line=${line#"$word"}
  done
}

_lo0sim() {
  local _lo0sim_program _lo0sim_line _lo0sim_cur
  local command previous word argument option n=1 options
  _lo0sim_split
  _lo0sim_program=${_lo0sim_line[0]/#\~/$HOME}
  _lo0sim_cur=${_lo0sim_line[${#_lo0sim_line[@]} - 1]}
  COMPREPLY=()
  if ((${#_lo0sim_line[@]} <= 2)); then
    _lo0sim_words "$(_lo0sim_commands) --help --version"
    return
  fi
  command=${_lo0sim_line[1]}
  options=$(_lo0sim_options "$command")

  # Which words are arguments of options, and how many are not.
  previous=
  for word in "${_lo0sim_line[@]:2:${#_lo0sim_line[@]}-3}"; do
    if [[ $previous ]]; then
      previous=
    elif [[ $word == -?* ]]; then
      option=$word
      # Letters in a row: the last one may take an argument.
      [[ $word == --* ]] || option=-${word:${#word}-1}
      previous=$(sed -n "s/^$option //p" <<<"$options")
    else
      ((n++))
    fi
  done
  if [[ $previous ]]; then
    _lo0sim_values "$option" "$previous"
  elif [[ $_lo0sim_cur == --*=* ]]; then
    option=${_lo0sim_cur%%=*}
    argument=$(sed -n "s/^$option //p" <<<"$options")
    _lo0sim_cur=${_lo0sim_cur#*=}
    [[ ! $argument ]] || _lo0sim_values "$option" "$argument"
  elif [[ $_lo0sim_cur == -* ]]; then
    _lo0sim_words "$(sed 's/ .*//' <<<"$options")"
  else
    argument=$(_lo0sim_positional "$command" "$n")
    [[ ! $argument ]] || _lo0sim_values "" "$argument"
  fi
  return 0
}

complete -o nosort -F _lo0sim lo0sim
