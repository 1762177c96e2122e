/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text in JSON and in HTML: whatever it holds, it stays text.
 */
#include "sim/base/json_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *written(void (*write)(FILE *out, const char *text), const char *text)
{
    char *bytes = NULL;
    size_t size;
    FILE *out = open_memstream(&bytes, &size);
    assert_non_null(out);
    write(out, text);
    fclose(out);
    return bytes;
}

static void text_is_escaped_and_what_cannot_be_shown_too(void **state)
{
    static const struct {
        const char *text, *json, *html;
    } rows[] = {
        {"", "\"\"", ""},
        {"plain", "\"plain\"", "plain"},
        {"a\"b\\c", "\"a\\u0022b\\u005cc\"", "a&quot;b\\c"},
        {"</script>&", "\"\\u003c/script\\u003e\\u0026\"", "&lt;/script&gt;&amp;"},
        {"'", "\"'\"", "&#39;"},
        {"\n\t\x01\x7f", "\"\\u000a\\u005ct\\u005cx01\\u005cx7f\"", "\n\\t\\x01\\x7f"},
        {"\xe2\x80\xae", "\"\\u005cu{202e}\"", "\\u{202e}"},
        {"\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x90\x9f", "\"\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x90\x9f\"",
         "\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x90\x9f"},
        {"\xff\x80", "\"\\u005cxff\\u005cx80\"", "\\xff\\x80"},
        {"\xe2\x86<", "\"\\u005cxe2\\u005cx86\\u003c\"", "\\xe2\\x86&lt;"},
        {"\xc0\xbc", "\"\\u005cxc0\\u005cxbc\"", "\\xc0\\xbc"}, /* an overlong `<` */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *json = written(put_json_string, rows[i].text),
             *html = written(put_html_text, rows[i].text);
        assert_string_equal(json, rows[i].json);
        assert_string_equal(html, rows[i].html);
        free(json);
        free(html);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_escaped_and_what_cannot_be_shown_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
