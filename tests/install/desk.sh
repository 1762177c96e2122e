#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# desk.sh CMAKE BUILD SOURCE: what an install into an empty prefix has for its users. MAN and MANDOC
# are the programs, if they exist; SCDOC is 1 if man pages are built.

cmake=$1 build=$2 source=$3
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
share=$prefix/share

die() {
  echo "$*"
  exit 1
}

# has TEXT WHERE COMMAND...: the command succeeds, and prints the text.
has() {
  local text=$1 output
  shift
  output=$("$@" 2>&1) || die "$*: exit $?"$'\n'"$output"
  [[ $output == *"$text"* ]] || die "$*: '$text' is not in"$'\n'"$output"
}

"$cmake" --install "$build" --prefix "$prefix" >"$prefix/log" || die "$(cat "$prefix/log")"
lo0sim=$prefix/bin/lo0sim
has "lo0sim 1." "$lo0sim" --version

# Man pages, by the name of the program and of each command.
if [[ $SCDOC == 1 ]]; then
  for page in "$source"/share/man/*.scd; do
    page=$(basename "$page" .scd)
    name=${page%.*} section=${page##*.}
    [[ -s $share/man/man$section/$page ]] || die "$page is not installed"
    [[ ! $MANDOC ]] || has "$name" "$MANDOC" -T ascii "$share/man/man$section/$page"
    [[ ! $MAN ]] || has "$name - " env MANPAGER=cat TERM=dumb LC_ALL=C "$MAN" -M "$share/man" "$name"
  done
fi

# Completion: as bash-completion loads it, by the command's name.
has "rewrite" bash --norc --noprofile -c "PATH=$prefix/bin:\$PATH
  source $share/bash-completion/completions/lo0sim && complete -p lo0sim >/dev/null || exit
  COMP_LINE='lo0sim connect --mode re' COMP_POINT=24 COMP_CWORD=3
  COMP_WORDS=(lo0sim connect --mode re)
  _lo0sim; echo \"\${COMPREPLY[@]}\""

[[ -s $share/zsh/site-functions/_lo0sim ]] || die "zsh's completion is not installed"

# The scenarios pass where they are, with their goldens and rules, and only files of ours are there.
(cd "$share/lo0sim" && has " 0 failed" "$lo0sim" run scenarios) || exit
diff -r "$source/scenarios" "$share/lo0sim/scenarios" || die "the installed scenarios differ"
(cd "$prefix" && has "2 passed, 0 failed" sh -c "'$lo0sim' new first && '$lo0sim' run first.lua") || exit

# A link in a document leads to a file that is installed, too.
for document in "$share"/doc/lo0sim/*.md "$share"/doc/lo0sim/docs/*.md; do
  while read -r target; do
    [[ -e $(dirname "$document")/$target ]] || die "$document: a link leads nowhere: $target"
  done < <(grep -o ']([^)#:]*)' "$document" | sed 's/^](//; s/)$//')
done
[[ -s $share/doc/lo0sim/docs/scripting.md && -s $share/doc/lo0sim/LICENSE ]] || die "documents are missing"
