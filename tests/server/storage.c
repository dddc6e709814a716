/* storage.c - a library to preload that makes one folder slow storage.
 *
 *      STORAGE_FOLDER=/srv/www/slow STORAGE_GATES=/tmp/gates LD_PRELOAD=.../storage.so ./server
 *
 * Calls on files in STORAGE_FOLDER wait for as long as their gate is shut, that is, while somebody
 * holds a lock (flock) on a file of STORAGE_GATES: `open` is the gate of open and openat, `stat` of
 * fstat, `read` of all that takes bytes out of a file, sendfile included. As with a real disk no
 * signal ends that, and with RWF_NOWAIT nobody waits: reading fails with EAGAIN, as it does where
 * the page cache has nothing. Before a call waits it adds a line to the file `waiting` of
 * STORAGE_GATES: the gate and the path.
 *
 * The event runtime defines some of these calls in the program itself; it finds the library's with
 * RTLD_NEXT, which are these. What a program opens by system call alone (openat2) is not slow.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FIND(name)                                                                                 \
    static __typeof__(&name) real;                                                                 \
    if (real == NULL)                                                                              \
    *(void **)(void *)&real = dlsym(RTLD_NEXT, #name)

/* ---- which files --------------------------------------------------------------------------- */

static bool is_slow(const char *path)
{
    const char *folder = getenv("STORAGE_FOLDER");
    size_t length = folder != NULL ? strlen(folder) : 0;
    return length > 0 && strncmp(path, folder, length) == 0 &&
           (path[length] == '/' || path[length] == '\0');
}

static bool follow(const char *link, char path[PATH_MAX])
{
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length > 0 ? length : 0] = '\0';
    return length > 0;
}

/* Of a descriptor, or of where the process is. */
static bool path_of(int fd, char path[PATH_MAX])
{
    char link[40] = "/proc/self/cwd";
    if (fd != AT_FDCWD)
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return follow(link, path);
}

static bool path_at(int folder, const char *name, char path[PATH_MAX])
{
    if (strncmp(name, "/proc/self/fd/", 14) == 0)
        return follow(name, path);
    size_t length = 0;
    if (name[0] != '/') {
        if (!path_of(folder, path))
            return false;
        length = strlen(path);
        path[length++] = '/';
    }
    if (strlen(name) >= PATH_MAX - length)
        return false;
    strcpy(path + length, name);
    return true;
}

/* ---- gates: by system calls, none of which is slow ----------------------------------------- */

static int open_gate(const char *name, int flags)
{
    char path[PATH_MAX];
    const char *gates = getenv("STORAGE_GATES");
    if (gates == NULL || (size_t)snprintf(path, sizeof path, "%s/%s", gates, name) >= sizeof path)
        return -1;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0);
}

static void tell(const char *gate, const char *path)
{
    char line[PATH_MAX + 16];
    int length = snprintf(line, sizeof line, "%s %s\n", gate, path);
    int fd = open_gate("waiting", O_WRONLY | O_APPEND);
    syscall(SYS_write, fd, line, (size_t)length);
    syscall(SYS_close, fd);
}

/* True when the file may be used; false: not now, and the caller did not want to wait. */
static bool pass(const char *gate, const char *path, bool wait)
{
    int before = errno;
    int fd = open_gate(gate, O_RDONLY);
    bool passed = syscall(SYS_flock, fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK;
    if (!passed && wait) {
        tell(gate, path);
        while (syscall(SYS_flock, fd, LOCK_SH) != 0 && errno == EINTR)
            continue;
        passed = true;
    }
    syscall(SYS_close, fd);
    errno = before;
    return passed;
}

static bool pass_fd(const char *gate, int fd, bool wait)
{
    char path[PATH_MAX];
    int before = errno;
    bool slow = path_of(fd, path) && is_slow(path);
    errno = before;
    return !slow || pass(gate, path, wait);
}

static void pass_name(int folder, const char *name)
{
    char path[PATH_MAX];
    int before = errno;
    bool slow = path_at(folder, name, path) && is_slow(path);
    errno = before;
    if (slow)
        pass("open", path, true);
}

/* ---- the calls ----------------------------------------------------------------------------- */

static mode_t mode_of(int flags, va_list arguments)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t)
                                                                      : 0;
}

int open(const char *name, int flags, ...)
{
    FIND(open);
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    pass_name(AT_FDCWD, name);
    return real(name, flags, mode);
}

int openat(int folder, const char *name, int flags, ...)
{
    FIND(openat);
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    pass_name(folder, name);
    return real(folder, name, flags, mode);
}

int fstat(int fd, struct stat *status)
{
    FIND(fstat);
    pass_fd("stat", fd, true);
    return real(fd, status);
}

ssize_t preadv2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
    FIND(preadv2);
    if (!pass_fd("read", fd, (flags & RWF_NOWAIT) == 0)) {
        errno = EAGAIN;
        return -1;
    }
    return real(fd, parts, count, offset, flags);
}

#define READS(name, parameters, fd, ...)                                                           \
    ssize_t name parameters                                                                        \
    {                                                                                              \
        FIND(name);                                                                                \
        pass_fd("read", fd, true);                                                                 \
        return real(__VA_ARGS__);                                                                  \
    }

/* clang-format off */
READS(read, (int fd, void *data, size_t size), fd, fd, data, size)
READS(readv, (int fd, const struct iovec *parts, int count), fd, fd, parts, count)
READS(pread, (int fd, void *data, size_t size, off_t offset), fd, fd, data, size, offset)
READS(pread64, (int fd, void *data, size_t size, off64_t offset), fd, fd, data, size, offset)
READS(preadv, (int fd, const struct iovec *parts, int count, off_t offset), fd, fd, parts, count, offset)
READS(sendfile, (int to, int from, off_t *offset, size_t size), from, to, from, offset, size)
READS(sendfile64, (int to, int from, off64_t *offset, size_t size), from, to, from, offset, size)
