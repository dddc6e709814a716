/* Folders as pages: what is shown of them, and that no name gets out of its place in the page. */
#include "listing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    char path[40];
    int descriptor;
};

static int make_folder(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    assert_non_null(folder);
    strcpy(folder->path, "/tmp/listing_test_XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    folder->descriptor = open(folder->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(folder->descriptor >= 0);
    *state = folder;
    return 0;
}

static int remove_folder(void **state)
{
    struct folder *folder = *state;
    char command[100];
    close(folder->descriptor);
    snprintf(command, sizeof command, "rm -rf '%s'", folder->path);
    free(folder);
    return system(command);
}

static void make_file(struct folder *folder, const char *name, off_t size)
{
    /* 2009-02-13 23:31:30. */
    const struct timespec times[] = {{1234567890, 0}, {1234567890, 0}};
    int file = openat(folder->descriptor, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, size), 0);
    assert_int_equal(futimens(file, times), 0);
    close(file);
}

static char *list_links(struct folder *folder, const char *path, enum path_links links)
{
    char *html;
    size_t size;
    assert_int_equal(
        listing_make(folder->descriptor, folder->descriptor, path, links, &html, &size), 0);
    assert_int_equal(strlen(html), size);
    return html;
}

static char *list(struct folder *folder, const char *path)
{
    return list_links(folder, path, PATH_NO_LINKS);
}

static void assert_has(const char *html, const char *text)
{
    if (strstr(html, text) == NULL)
        print_error("%s\nis not in\n%s\n", text, html);
    assert_non_null(strstr(html, text));
}

static void listing_make__files_and_folders__names_sizes_dates(void **state)
{
    struct folder *folder = *state;
    make_file(folder, "B.txt", 0);
    make_file(folder, "a.txt", 1023);
    make_file(folder, "c", 1536);
    make_file(folder, "cc", 2040);
    make_file(folder, "d", 10 * 1024);
    make_file(folder, "e", INT64_C(3) * 1024 * 1024 * 1024);
    assert_int_equal(mkdirat(folder->descriptor, "zoo", 0755), 0);
    char *html = list(folder, "a/b/");
    assert_has(html, "<title>Index of /a/b/</title>");
    assert_has(html, "<a href=\"../\">../</a>");
    assert_has(html, "<a href=\"a.txt\">a.txt</a></td><td>1023</td><td>2009-02-13 23:31</td>");
    assert_has(html, "<a href=\"B.txt\">B.txt</a></td><td>0</td>");
    assert_has(html, "<a href=\"c\">c</a></td><td>1.5 K</td>");
    assert_has(html, "<a href=\"cc\">cc</a></td><td>1.9 K</td>");
    assert_has(html, "<a href=\"d\">d</a></td><td>10 K</td>");
    assert_has(html, "<a href=\"e\">e</a></td><td>3.0 G</td>");
    assert_has(html, "<a href=\"zoo/\">zoo/</a></td><td></td><td>20");
    /* Folders first, then by name, whatever case it is in. */
    const char *const order[] = {"href=\"../\"", "href=\"zoo/\"", "href=\"a.txt\"",
                                 "href=\"B.txt\"", "href=\"c\""};
    const char *at = html;
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        at = strstr(at, order[i]);
        assert_non_null(at);
    }
    free(html);
}

static void listing_make__the_root_and_an_empty_folder__no_way_up(void **state)
{
    struct folder *folder = *state;
    char *html = list(folder, "");
    assert_has(html, "<title>Index of /</title>");
    assert_null(strstr(html, "../"));
    assert_has(html, "There is nothing in this folder.");
    assert_null(strstr(html, "<script"));
    free(html);
}

static void listing_make__hidden_and_special__left_out(void **state)
{
    struct folder *folder = *state;
    make_file(folder, ".hidden", 1);
    make_file(folder, "shown", 1);
    assert_int_equal(mkfifoat(folder->descriptor, "fifo", 0644), 0);
    assert_int_equal(symlinkat("shown", folder->descriptor, "link"), 0);
    assert_int_equal(symlinkat("/etc/passwd", folder->descriptor, "passwd"), 0);
    char *html = list(folder, "");
    assert_has(html, "shown");
    assert_null(strstr(html, "hidden"));
    assert_null(strstr(html, "fifo"));
    assert_null(strstr(html, "link"));
    assert_null(strstr(html, "passwd"));
    free(html);
}

static void listing_make__links__those_that_would_be_followed(void **state)
{
    struct folder *folder = *state;
    make_file(folder, "file", 1000);
    assert_int_equal(mkdirat(folder->descriptor, "zoo", 0755), 0);
    assert_int_equal(symlinkat("file", folder->descriptor, "within"), 0);
    assert_int_equal(symlinkat("zoo", folder->descriptor, "cage"), 0);
    assert_int_equal(symlinkat("/bin/sh", folder->descriptor, "out"), 0);
    assert_int_equal(symlinkat("nothing", folder->descriptor, "dangling"), 0);
    assert_int_equal(symlinkat("/dev/null", folder->descriptor, "device"), 0);
    char *html = list_links(folder, "", PATH_LINKS_WITHIN);
    assert_has(html, "<a href=\"within\">within</a></td><td>1000</td><td>2009-02-13 23:31</td>");
    assert_has(html, "<a href=\"cage/\">cage/</a>");
    assert_null(strstr(html, "out"));
    assert_null(strstr(html, "dangling"));
    free(html);
    html = list_links(folder, "", PATH_LINKS_ANYWHERE);
    assert_has(html, "<a href=\"out\">out</a>");
    assert_null(strstr(html, "dangling"));
    assert_null(strstr(html, "href=\"device"));
    free(html);
}

static void listing_make__names_of_any_kind__stay_in_their_place(void **state)
{
    struct folder *folder = *state;
    make_file(folder, "<b>&\"'", 1);
    make_file(folder, "javascript:alert(1)", 1);
    make_file(folder, "a?b#c%20d", 1);
    make_file(folder, "\xc3\xa4", 1);
    make_file(folder, "x\xff\xc0\xaf\xed\xa0\x80.", 1);
    make_file(folder, "line\nfeed\x7f", 1);
    char *html = list(folder, "<i>/");
    assert_has(html, "<h1>Index of /&lt;i&gt;/</h1>");
    assert_has(html, "<a href=\"%3Cb%3E%26%22%27\">&lt;b&gt;&amp;&quot;&#39;</a>");
    assert_has(html, "<a href=\"javascript%3Aalert%281%29\">javascript:alert(1)</a>");
    assert_has(html, "<a href=\"a%3Fb%23c%2520d\">a?b#c%20d</a>");
    assert_has(html, "<a href=\"%C3%A4\">\xc3\xa4</a>");
    assert_has(html, "<a href=\"x%FF%C0%AF%ED%A0%80.\">x\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd.</a>");
    assert_has(html, "<a href=\"line%0Afeed%7F\">line\xef\xbf\xbd"
                     "feed\xef\xbf\xbd</a>");
    free(html);
}

static void listing_make__more_than_are_shown__says_so(void **state)
{
    struct folder *folder = *state;
    char name[20];
    for (int i = 0; i < LISTING_MAX; i++) {
        snprintf(name, sizeof name, "%d", i);
        make_file(folder, name, 0);
    }
    char *html = list(folder, "");
    assert_null(strstr(html, "There is more"));
    free(html);
    make_file(folder, "one more", 0);
    html = list(folder, "");
    assert_has(html, "There is more in this folder than the 4000 names shown here.");
    size_t rows = 0;
    for (const char *at = html; (at = strstr(at, "<td><a")) != NULL; at++)
        rows++;
    assert_int_equal(rows, LISTING_MAX);
    free(html);
}

static void listing_make__what_cannot_be_read__says_why(void **state)
{
    struct folder *folder = *state;
    char *html;
    size_t size;
    make_file(folder, "file", 1);
    int file = openat(folder->descriptor, "file", O_RDONLY | O_CLOEXEC);
    assert_int_equal(listing_make(file, file, "", PATH_NO_LINKS, &html, &size), ENOTDIR);
    assert_null(html);
    close(file);
    assert_int_equal(listing_make(-1, -1, "", PATH_NO_LINKS, &html, &size), EBADF);
    assert_null(html);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(listing_make__files_and_folders__names_sizes_dates),
        TEST(listing_make__the_root_and_an_empty_folder__no_way_up),
        TEST(listing_make__hidden_and_special__left_out),
        TEST(listing_make__links__those_that_would_be_followed),
        TEST(listing_make__names_of_any_kind__stay_in_their_place),
        TEST(listing_make__more_than_are_shown__says_so),
        TEST(listing_make__what_cannot_be_read__says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
