/* SPDX-License-Identifier: BSD-3-Clause
 *
 * -w, --tap and --linktype, seen from outside: what is written, and what is refused.
 */
#include "tests/cli/command.h"

#include <unistd.h>

#define THREE                                                                                      \
    "test('two', function(box) box:connect('127.0.0.1', 22) box:connect('192.168.1.5', 22) end)\n" \
    "test('one', function(box) box:connect('127.0.0.1', 22) end)\n"                                \
    "test('it fails: badly', function(box) box:connect('127.0.0.1', 22) expect.eq(1, 2) end)\n"

/* How often a text stands in a file. */
static size_t count(const char *name, const char *text)
{
    static char bytes[1 << 16];
    size_t found = 0, length = strlen(text);
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    for (size_t i = 0; i + length <= size; i++)
        found += memcmp(bytes + i, text, length) == 0;
    return found;
}

static void bad_command_lines_say_so_and_write_nothing(void **state)
{
    static const struct {
        const char *arguments, *message;
    } rows[] = {
        {"run -w c.pcapng --tap nosuch x.lua:one",
         "there is no tap 'nosuch'; there are: snoop, wire, LOOPBACK_OUT:before, "},
        {"run -w c.pcapng --tap LOOPBACK_IN x.lua:one", "did you mean 'LOOPBACK_IN:before'?"},
        {"run -w c.pcapng --linktype ethernet x.lua:one",
         "there is no link type 'ethernet'; there are: null, raw, ipnet"},
        {"run -w c.snoop --linktype raw x.lua:one",
         "-w c.snoop is a file of snoop's, whose link type is ipnet, not raw"},
        {"run --tap wire x.lua", "--tap says what -w writes: give -w FILE.pcapng, too"},
        {"run --linktype raw x.lua", "--linktype says what -w writes"},
        {"run -w '' x.lua:one", "-w takes the name of a file"},
        {"run -w - x.lua:one", "the results are on standard output"},
        {"run -w c.pcapng -w d.pcapng x.lua:one", "-w is given twice"},
        {"run -w c.pcapng x.lua", "x.lua: 3 tests, and -w c.pcapng is one file"},
        {"run -w c.pcapng x.lua x.lua", "-w c.pcapng is one file"},
        {"run -w nosuch/c.pcapng x.lua:one", "-w: nosuch/c.pcapng: No such file or directory"},
        {"run -w c.pcapng --linktype raw x.lua:two",
         "-w: c.pcapng: link type raw has one interface, and this test has packets of lo0 and of "
         "e1000g0: --linktype null and ipnet take both"},
        {"run -w c.pcapng nosuch.lua", "nosuch.lua"},
        {"run -w %t.pcapng x.lua ./x.lua", "put %f where the script's name is to be"},
        {"run -w x.lua x.lua:one", "-w: x.lua is there, and is a script, rules or a golden"},
        {"run -w ./x.lua x.lua:one", "it is not overwritten"},
        {"connect -w c.pcapng --html c.pcapng 127.0.0.1 22", "name one file, c.pcapng"},
        {"run --jsonl c.pcapng -w c.pcapng x.lua:one", "name one file, c.pcapng"},
        {"connect --width 50 127.0.0.1 22", "give --ladder, too"},
        {"run --jsonl - x.lua:one", "--jsonl takes the name of a file: the results are on"},
        {"run --html '' x.lua:one", "--html takes the name of a file"},
        {"compare --html x.lua x.lua:one", "--html: x.lua is there, and is a script"},
        {"run --ascii x.lua", "give --ladder, too"},
        {"connect -f a.conf -f b.conf 127.0.0.1 22", "-f is given twice"},
        {"connect -w c.pcapng --tap lo1 127.0.0.1 22", "there is no tap 'lo1'"},
        {"connect --tap wire 127.0.0.1 22", "give -w FILE.pcapng, too"},
        {"connect -w nosuch/c.pcapng 127.0.0.1 22", "-w: nosuch/c.pcapng: No such file"},
        {"connect -w c.pcapng -f nosuch.conf 127.0.0.1 22", "nosuch.conf"},
    };
    (void)state;
    write_file("x.lua", THREE);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        command_t command = run_command("", rows[i].arguments);
        if (command.code != 2 || (strstr(command.err, rows[i].message) == NULL &&
                                  strstr(command.out, rows[i].message) == NULL))
            fail_msg("%s: %d\n%s%s", rows[i].arguments, command.code, command.out, command.err);
        if (access("c.pcapng", F_OK) == 0)
            fail_msg("%s: a file was written", rows[i].arguments);
    }
}

static void a_disk_that_is_full_is_told(void **state)
{
    (void)state;
    if (access("/dev/full", W_OK) != 0)
        skip();
    write_file("x.lua", THREE);
    assert_command(run_command("", "run -w /dev/full x.lua:one"), 3, "could not be written", "");
    assert_command(run_command("", "connect -w /dev/full 127.0.0.1 22"), 3, "",
                   "could not be written");
}

static void each_test_has_a_file_of_its_own(void **state)
{
    (void)state;
    write_file("x.lua", THREE);
    assert_command(run_command("", "run -w %t.pcapng --seed 7 x.lua"), 1, "2 passed, 1 failed", "");
    assert_int_equal(count("two.pcapng", "x.lua:1: two\nseed 7"), 1);
    assert_int_equal(count("one.pcapng", "x.lua:2: one\nseed 7"), 1);
    assert_int_equal(count("it_fails_badly.pcapng", "x.lua:3: it fails: badly\nseed 7"), 1);
}

/* The end of a file: the statistics of its last interface, with so many packets. */
static void a_test_that_fails_leaves_a_whole_file(void **state)
{
    (void)state;
    write_file("x.lua", THREE);
    assert_command(run_command("", "run -w c.pcapng 'x.lua:it fails: badly'"), 1, "1 failed", "");
    static const char two_packets[] = "\x04\x00\x08\x00\x02\x00\x00\x00\x00\x00\x00\x00";
    static char bytes[1 << 16];
    FILE *file = fopen("c.pcapng", "r");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    /* Two blocks of 76 bytes; lo0's is the first. Its packets are 44 bytes after its beginning. */
    assert_true(size > 152);
    assert_memory_equal(bytes + size - 152 + 44, two_packets, sizeof(two_packets) - 1);
}

static void looking_changes_nothing(void **state)
{
    (void)state;
    write_file("x.lua", THREE);
    char *without = strdup(run_command("", "run -v x.lua:two").out);
    command_t with = run_command("", "run -v -w c.pcapng --linktype ipnet x.lua:two");
    assert_string_equal(with.out, without);
    free(without);
}

static void the_seed_changes_the_numbers(void **state)
{
    (void)state;
    write_file("x.lua", THREE);
    run_command("", "run -w a.pcapng x.lua:one");
    run_command("", "run -w b.pcapng x.lua:one");
    run_command("", "run -w c.pcapng --seed 2 x.lua:one");
    assert_int_equal(system("cmp -s a.pcapng b.pcapng"), 0);
    assert_int_not_equal(system("cmp -s a.pcapng c.pcapng"), 0);
}

static void connect_writes_its_packets(void **state)
{
    (void)state;
    write_file("r.conf", "set intercept_loopback true;\n"
                         "block return-rst in on lo0 proto tcp from any to any port = 22\n");
    assert_command(run_command("", "connect -f r.conf -w c.pcapng localhost 22"), 0,
                   "ECONNREFUSED after 0.000 s", "");
    assert_int_equal(count("c.pcapng", "lo0sim connect 127.0.0.1 22\nseed 1"), 1);
    assert_int_equal(count("c.pcapng", "LOOPBACK_IN: fr_make_rst: "), 1);
}

/* The file is RFC 1761's to the byte, and what is read from it are the packets that pcapng has.
 */
static void a_name_that_ends_in_snoop_makes_a_file_of_snoops(void **state)
{
    static const char head[] = "snoop\0\0\0"
                               "\0\0\0\2"
                               "\x80\0\0\5";
    static char bytes[1 << 16];
    (void)state;
    write_file("x.lua", THREE);
    write_file("r.conf", "pass in all\npass out all\n");
    assert_command(run_command("", "run -w %t.snoop --tap LOOPBACK_OUT:after x.lua:two"), 0, "",
                   "");
    assert_command(run_command("", "run -w c.pcapng --tap LOOPBACK_OUT:after x.lua:two"), 0, "",
                   "");
    FILE *file = fopen("two.snoop", "r");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    assert_true(size > 16 + 24 && size % 4 == 0);
    assert_memory_equal(bytes, head, 16);
    char *pcapng = strdup(run_command("", "ipftest -F pcap -r r.conf -i c.pcapng").out);
    command_t snoop = run_command("", "ipftest -F pcap -r r.conf -i two.snoop");
    assert_true(strlen(pcapng) > 0);
    assert_command(snoop, 0, pcapng, "");
    assert_string_equal(snoop.out, pcapng);
    free(pcapng);
}

int main(void)
{
#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CLI_TEST(bad_command_lines_say_so_and_write_nothing),
        CLI_TEST(a_disk_that_is_full_is_told),
        CLI_TEST(each_test_has_a_file_of_its_own),
        CLI_TEST(a_test_that_fails_leaves_a_whole_file),
        CLI_TEST(looking_changes_nothing),
        CLI_TEST(the_seed_changes_the_numbers),
        CLI_TEST(connect_writes_its_packets),
        CLI_TEST(a_name_that_ends_in_snoop_makes_a_file_of_snoops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
