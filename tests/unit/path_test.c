/* Paths: what a target asks for, and that nothing else is opened by it. */
#include "path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- targets --------------------------------------------------------------------------------- */

static int of_target(const char *target, char *to, size_t room)
{
    /* A block of exactly its size, so that a checker sees a read beyond. */
    size_t length = strlen(target);
    char *copy = malloc(length > 0 ? length : 1);
    assert_non_null(copy);
    memcpy(copy, target, length);
    int error = path_of_target((struct http_text){copy, length}, to, room);
    free(copy);
    return error;
}

static void expect_path(const char *target, const char *expected)
{
    char path[200];
    assert_int_equal(of_target(target, path, sizeof path), 0);
    assert_string_equal(path, expected);
}

static void expect_error(const char *target, int error)
{
    char path[200];
    if (of_target(target, path, sizeof path) != error)
        print_error("%s\n", target);
    assert_int_equal(of_target(target, path, sizeof path), error);
}

static void path_of_target__plain__without_its_first_slash(void **state)
{
    (void)state;
    expect_path("/", "");
    expect_path("", "");
    expect_path("/a", "a");
    expect_path("/a/", "a/");
    expect_path("/a/b.html", "a/b.html");
    expect_path("/a//b///c//", "a/b/c/");
    expect_path("//a", "a");
    expect_path("///", "");
}

static void path_of_target__rfc3986_5_2_4_dot_segments__removed(void **state)
{
    (void)state;
    expect_path("/a/b/c/./../../g", "a/g");
    expect_path("/mid/content=5/../6", "mid/6");
    expect_path("/.", "");
    expect_path("/./a", "a");
    expect_path("/a/.", "a/");
    expect_path("/a/./", "a/");
    expect_path("/a/..", "");
    expect_path("/a/../", "");
    expect_path("/a/b/..", "a/");
    expect_path("/a/b/../", "a/");
    expect_path("/a/b/../..", "");
    expect_path("/a//..", "");
    expect_path("/a/..//b", "b");
    /* None of these are. */
    expect_path("/.a/..b/c../d./...", ".a/..b/c../d./...");
    expect_path("/.../", ".../");
}

static void path_of_target__above_the_root__refused(void **state)
{
    (void)state;
    const char *const targets[] = {"/..",        "/../",      "/../a", "/a/../..",     "/a/../../",
                                   "/a/../../a", "/./..",     "//..",  "/%2e%2e/",     "/.%2e",
                                   "/a/%2E./..", "/a/..//..", "..",    "/a/b/../../.."};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        expect_error(targets[i], EINVAL);
}

static void path_of_target__rfc3986_2_1_escapes__resolved_once(void **state)
{
    (void)state;
    expect_path("/%61%2Eb", "a.b");
    expect_path("/a%20b", "a b");
    expect_path("/%c3%a4", "\xc3\xa4");
    expect_path("/%25", "%");
    expect_path("/%252e%252e/%2561", "%2e%2e/%61");
    expect_path("/%252f", "%2f");
    expect_path("/a/%2e%2E/b", "b");
    expect_path("/a/%2e/b", "a/b");
    expect_path("/a+b", "a+b");
    expect_path("/a%5cb", "a\\b");
    const char *const malformed[] = {"/%", "/%2", "/%2/", "/%g0", "/%0g", "/%%41", "/a%", "/% 41"};
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++)
        expect_error(malformed[i], EINVAL);
}

static void path_of_target__escaped_nul_or_slash__refused(void **state)
{
    (void)state;
    expect_error("/a%00", EINVAL);
    expect_error("/a.txt%00.html", EINVAL);
    expect_error("/a%2fb", ENOENT);
    expect_error("/a%2Fb", ENOENT);
    expect_error("/..%2f..", ENOENT);
}

static void path_of_target__no_room__enoent(void **state)
{
    (void)state;
    char path[8];
    assert_int_equal(of_target("/1234567", path, sizeof path), 0);
    assert_string_equal(path, "1234567");
    assert_int_equal(of_target("/123456/", path, sizeof path), 0);
    assert_int_equal(of_target("/%31234567", path, sizeof path), 0);
    assert_int_equal(of_target("/12345678", path, sizeof path), ENOENT);
    assert_int_equal(of_target("/1234567/", path, sizeof path), ENOENT);
    assert_int_equal(of_target("/a/../b/../c/../d/../e/", path, sizeof path), 0);
    assert_string_equal(path, "e/");
}

/* What comes of it never names anything above, whatever the target is. */
static void path_of_target__random_targets__no_dot_segments(void **state)
{
    (void)state;
    const char *const pieces[] = {"/", ".",   "..", "%2e",   "%2E%2e",
                                  "a", "%61", "//", "%252e", "..."};
    unsigned random = 1;
    for (int round = 0; round < 100000; round++) {
        char target[100] = "/", path[100];
        for (unsigned i = 0; i < 1 + (unsigned)round % 12; i++) {
            random = random * 1103515245 + 12345;
            strcat(target, pieces[(random >> 16) % (sizeof pieces / sizeof pieces[0])]);
        }
        if (of_target(target, path, sizeof path) != 0)
            continue;
        char padded[110];
        snprintf(padded, sizeof padded, "/%s%s", path, path[0] == '\0' ? "" : "/");
        char *end = path + strlen(path);
        if (end > path && end[-1] == '/')
            padded[strlen(padded) - 1] = '\0';
        assert_null(strstr(padded, "//"));
        assert_null(strstr(padded, "/./"));
        assert_null(strstr(padded, "/../"));
    }
}

/* ---- files ----------------------------------------------------------------------------------- */

static char outside[] = "/tmp/path_test_XXXXXX"; /* with "root" in it */
static int root = -1;

static int make_file(const char *path, const char *content)
{
    int file = openat(root, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(file >= 0);
    assert_int_equal(write(file, content, strlen(content)), strlen(content));
    return close(file);
}

static int make_tree(void **state)
{
    char path[100];
    (void)state;
    assert_non_null(mkdtemp(outside));
    snprintf(path, sizeof path, "%s/root", outside);
    assert_int_equal(mkdir(path, 0755), 0);
    root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(root >= 0);
    make_file("../secret", "secret");
    assert_int_equal(mkdirat(root, "folder", 0755), 0);
    assert_int_equal(mkdirat(root, "folder/deep", 0755), 0);
    make_file("file", "in root");
    make_file("folder/deep/file", "deep");
    assert_int_equal(symlinkat("file", root, "inside"), 0);
    assert_int_equal(symlinkat("../../file", root, "folder/deep/up"), 0);
    assert_int_equal(symlinkat("folder", root, "to_folder"), 0);
    assert_int_equal(symlinkat("../secret", root, "escape"), 0);
    assert_int_equal(symlinkat("folder/../../secret", root, "escape_deeper"), 0);
    assert_int_equal(symlinkat("..", root, "escape_folder"), 0);
    assert_int_equal(symlinkat("/etc/passwd", root, "absolute"), 0);
    assert_int_equal(symlinkat("/proc/self/root", root, "magic"), 0);
    assert_int_equal(symlinkat("loop", root, "loop"), 0);
    assert_int_equal(symlinkat("nowhere", root, "dangling"), 0);
    assert_int_equal(mkfifoat(root, "fifo", 0644), 0);
    return 0;
}

static int remove_tree(void **state)
{
    char command[100];
    (void)state;
    close(root);
    snprintf(command, sizeof command, "rm -rf '%s'", outside);
    return system(command);
}

static int open_path(const char *path, enum path_links links)
{
    struct stat status;
    int descriptor;
    int error = path_open(root, path, links, &descriptor, &status);
    assert_int_equal(error != 0, descriptor < 0);
    if (descriptor >= 0)
        close(descriptor);
    return error;
}

static void expect_content(const char *path, enum path_links links, const char *content)
{
    struct stat status, opened;
    int descriptor;
    char text[20] = "";
    assert_int_equal(path_open(root, path, links, &descriptor, &status), 0);
    assert_true(S_ISREG(status.st_mode));
    assert_int_equal(status.st_size, strlen(content));
    assert_int_equal(read(descriptor, text, sizeof text - 1), strlen(content));
    assert_string_equal(text, content);
    assert_int_equal(fstat(descriptor, &opened), 0);
    assert_int_equal(opened.st_ino, status.st_ino);
    assert_int_equal(fcntl(descriptor, F_GETFD), FD_CLOEXEC);
    close(descriptor);
}

static void expect_folder(const char *path, enum path_links links)
{
    struct stat status;
    int descriptor;
    assert_int_equal(path_open(root, path, links, &descriptor, &status), 0);
    assert_true(S_ISDIR(status.st_mode));
    int inside = openat(descriptor, ".", O_RDONLY | O_DIRECTORY);
    assert_true(inside >= 0);
    close(inside);
    close(descriptor);
}

/* What has to hold whether the kernel has openat2 or not. */
static void check_without_links(void)
{
    expect_content("file", PATH_NO_LINKS, "in root");
    expect_content("folder/deep/file", PATH_NO_LINKS, "deep");
    expect_content("folder//deep/./file", PATH_NO_LINKS, "deep");
    expect_folder("", PATH_NO_LINKS);
    expect_folder("folder", PATH_NO_LINKS);
    expect_folder("folder/", PATH_NO_LINKS);
    expect_folder("folder/deep/", PATH_NO_LINKS);
    const char *const nothing[] = {
        "nothing",
        "folder/nothing",
        "file/",
        "file/x",
        "inside",
        "to_folder",
        "to_folder/",
        "to_folder/deep/file",
        "escape",
        "escape_folder",
        "escape_folder/secret",
        "absolute",
        "magic/etc/passwd",
        "loop",
        "dangling",
        "fifo",
        "..",
        "../secret",
        "folder/../../secret",
        "/etc/passwd",
    };
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        if (open_path(nothing[i], PATH_NO_LINKS) != ENOENT)
            print_error("%s\n", nothing[i]);
        assert_int_equal(open_path(nothing[i], PATH_NO_LINKS), ENOENT);
    }
    char name[NAME_MAX + 2];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(open_path(name, PATH_NO_LINKS), ENOENT);
}

static void path_open__beneath_the_root__files_and_folders(void **state)
{
    (void)state;
    check_without_links();
}

static void path_open__links__only_those_that_stay(void **state)
{
    (void)state;
    expect_content("inside", PATH_LINKS_WITHIN, "in root");
    expect_content("folder/deep/up", PATH_LINKS_WITHIN, "in root");
    expect_content("to_folder/deep/file", PATH_LINKS_WITHIN, "deep");
    expect_folder("to_folder", PATH_LINKS_WITHIN);
    const char *const nothing[] = {"escape", "escape_deeper",       "escape_folder", "absolute",
                                   "magic",  "magic/etc/passwd",    "loop",          "dangling",
                                   "fifo",   "escape_folder/secret"};
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++)
        assert_int_equal(open_path(nothing[i], PATH_LINKS_WITHIN), ENOENT);
}

static void path_open__links_anywhere__wherever_they_lead(void **state)
{
    (void)state;
    expect_content("inside", PATH_LINKS_ANYWHERE, "in root");
    expect_content("folder/deep/up", PATH_LINKS_ANYWHERE, "in root");
    expect_content("escape", PATH_LINKS_ANYWHERE, "secret");
    expect_content("escape_folder/secret", PATH_LINKS_ANYWHERE, "secret");
    expect_folder("escape_folder", PATH_LINKS_ANYWHERE);
    assert_int_equal(open_path("absolute", PATH_LINKS_ANYWHERE), 0);
    const char *const nothing[] = {"magic", "magic/etc/passwd", "loop", "dangling", "fifo"};
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++)
        assert_int_equal(open_path(nothing[i], PATH_LINKS_ANYWHERE), ENOENT);
}

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static void path_open__fifo_socket_device__not_opened(void **state)
{
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/root/socket", outside);
    int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(open_path("socket", PATH_NO_LINKS), ENOENT);
    close(listening);
    /* Where that is not allowed there is no such file either. */
    (void)!mknodat(root, "device", S_IFCHR | 0644, makedev(1, 3));
    assert_int_equal(open_path("device", PATH_NO_LINKS), ENOENT);

    /* Whoever watches the folder sees that it is not. */
    char event[1000];
    snprintf(event, sizeof event, "%s/root", outside);
    int watching = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    assert_true(inotify_add_watch(watching, event, IN_OPEN) >= 0);
    assert_int_equal(open_path("fifo", PATH_NO_LINKS), ENOENT);
    assert_int_equal(open_path("device", PATH_NO_LINKS), ENOENT);
    assert_int_equal(read(watching, event, sizeof event), -1);
    assert_int_equal(open_path("file", PATH_NO_LINKS), 0);
    assert_true(read(watching, event, sizeof event) > 0);
    close(watching);
}

static void path_open__not_readable__eacces(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    make_file("private", "private");
    assert_int_equal(fchmodat(root, "private", 0600, 0), 0);
    assert_int_equal(chmod(outside, 0755), 0);
    pid_t child = fork();
    if (child == 0) {
        struct stat status;
        int descriptor;
        if (setuid(65534) != 0)
            _exit(1);
        _exit(path_open(root, "private", PATH_NO_LINKS, &descriptor, &status) == EACCES ? 0 : 2);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* From here on openat2 fails in this process, as in kernels that do not have it. */
static bool forget_openat2(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof code[0], code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

/* The last test: it cannot be taken back. */
static void path_open__kernel_without_openat2__no_links(void **state)
{
    (void)state;
    if (!forget_openat2())
        skip();
    assert_int_equal(syscall(SYS_openat2, root, ".", NULL, 0), -1);
    assert_int_equal(errno, ENOSYS);
    unsigned before = open_descriptors();
    check_without_links();
    assert_int_equal(open_path("inside", PATH_LINKS_WITHIN), ENOENT);
    assert_int_equal(open_path("escape", PATH_LINKS_WITHIN), ENOENT);
    assert_int_equal(open_path("escape", PATH_LINKS_ANYWHERE), ENOENT);
    assert_int_equal(open_descriptors(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_of_target__plain__without_its_first_slash),
        cmocka_unit_test(path_of_target__rfc3986_5_2_4_dot_segments__removed),
        cmocka_unit_test(path_of_target__above_the_root__refused),
        cmocka_unit_test(path_of_target__rfc3986_2_1_escapes__resolved_once),
        cmocka_unit_test(path_of_target__escaped_nul_or_slash__refused),
        cmocka_unit_test(path_of_target__no_room__enoent),
        cmocka_unit_test(path_of_target__random_targets__no_dot_segments),
        cmocka_unit_test(path_open__beneath_the_root__files_and_folders),
        cmocka_unit_test(path_open__links__only_those_that_stay),
        cmocka_unit_test(path_open__links_anywhere__wherever_they_lead),
        cmocka_unit_test(path_open__fifo_socket_device__not_opened),
        cmocka_unit_test(path_open__not_readable__eacces),
        cmocka_unit_test(path_open__kernel_without_openat2__no_links),
    };
    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
