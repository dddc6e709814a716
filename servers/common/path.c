#include "path.h"

#include "http.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- from a target --------------------------------------------------------------------------- */

/* What remains of `length` bytes when the segment that begins at `start` has come to its end:
 * without it where it is ".", without the one before, too, where it is "..". ABOVE: there is none
 * before. */
#define ABOVE SIZE_MAX
static size_t without_dots(const char *to, size_t start, size_t length)
{
    const struct http_text segment = {to + start, length - start};
    if (segment.length == 0 || segment.at[0] != '.')
        return length;
    if (http_text_is(segment, "."))
        return start;
    if (!http_text_is(segment, ".."))
        return length;
    if (start == 0)
        return ABOVE;
    for (length = start - 1; length > 0 && to[length - 1] != '/'; length--)
        continue;
    return length;
}

int path_of_target(struct http_text path, char *to, size_t room)
{
    /* What there is of it ends with a slash, or is empty, where a segment begins. */
    size_t start = 0, length = 0;
    for (size_t i = 0; i < path.length; i++) {
        char c = path.at[i];
        if (length + 1 >= room)
            return ENOENT;
        if (c == '/') {
            length = without_dots(to, start, length);
            if (length == ABOVE)
                return EINVAL;
            if (length > 0 && to[length - 1] != '/')
                to[length++] = '/';
            start = length;
            continue;
        }
        if (c == '%') {
            char escaped;
            if (!http_target_escape((struct http_text){path.at + i, path.length - i}, &escaped))
                return EINVAL;
            if (escaped == '/')
                return ENOENT;
            c = escaped;
            i += 2;
        }
        to[length++] = c;
    }
    length = without_dots(to, start, length);
    if (length == ABOVE)
        return EINVAL;
    to[length] = '\0';
    return 0;
}

/* ---- opening --------------------------------------------------------------------------------- */

/* Looks at what the path leads to. The kernel gives up with EAGAIN when something is renamed while
 * it follows a ".." of a link; it may be asked again. */
static int look(int root, const char *path, enum path_links links, int *descriptor)
{
    static const unsigned refused[] = {
        [PATH_NO_LINKS] = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
        [PATH_LINKS_WITHIN] = RESOLVE_BENEATH,
        [PATH_LINKS_ANYWHERE] = 0,
    };
    const struct open_how how = {.flags = O_PATH | O_CLOEXEC,
                                 .resolve = RESOLVE_NO_MAGICLINKS | refused[links]};
    int error = EAGAIN;
    for (int tries = 0; tries < 8 && (error == EAGAIN || error == EINTR); tries++) {
        *descriptor = (int)syscall(SYS_openat2, root, *path != '\0' ? path : ".", &how, sizeof how);
        error = *descriptor < 0 ? errno : 0;
    }
    return error;
}

/* The same for kernels before 5.6, a segment at a time, none of them a link or "..". */
static int look_by_segments(int root, const char *path, int *descriptor)
{
    struct http_text rest = {path, strlen(path)}, segment;
    int at = fcntl(root, F_DUPFD_CLOEXEC, 0);
    while (at >= 0 && http_text_cut(&rest, '/', &segment)) {
        char name[NAME_MAX + 1];
        const int flags = O_PATH | O_CLOEXEC | O_NOFOLLOW | (rest.at != NULL ? O_DIRECTORY : 0);
        int next = -1;
        if (segment.length == 0)
            continue;
        errno = ENOENT;
        if (segment.length < sizeof name && !http_text_is(segment, "..")) {
            memcpy(name, segment.at, segment.length);
            name[segment.length] = '\0';
            next = openat(at, name, flags);
        }
        int error = errno;
        close(at);
        errno = error;
        at = next;
    }
    *descriptor = at;
    return at < 0 ? errno : 0;
}

/* The very file that has been looked at, whatever has become of its name; and as it is a regular
 * one, that does nothing to it. */
static int open_to_read(int looked_at, int *descriptor)
{
    char name[40];
    snprintf(name, sizeof name, "/proc/self/fd/%d", looked_at);
    *descriptor = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    return *descriptor < 0 ? errno : 0;
}

static bool leads_nowhere(int error)
{
    return error == ELOOP || error == EXDEV || error == ENOTDIR || error == ENAMETOOLONG ||
           error == EAGAIN;
}

int path_open(int root, const char *path, enum path_links links, int *descriptor,
              struct stat *status)
{
    int at = -1;
    *descriptor = -1;
    int error = look(root, path, links, &at);
    if (error == ENOSYS)
        error = look_by_segments(root, path, &at);
    if (error != 0)
        return leads_nowhere(error) ? ENOENT : error;

    if (fstat(at, status) != 0)
        error = errno;
    else if (S_ISREG(status->st_mode))
        error = open_to_read(at, descriptor);
    else if (S_ISDIR(status->st_mode))
        *descriptor = at;
    else
        error = ENOENT;
    if (*descriptor != at)
        close(at);
    return error;
}
