#include "source.h"

#include "arena.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint32_t *find_lines(struct arena *arena, const char *text, size_t size,
                                  unsigned *count)
{
    unsigned lines = 1;
    for (const char *at = text; (at = memchr(at, '\n', (size_t)(text + size - at))) != NULL; at++)
        lines++;
    uint32_t *starts = arena_alloc(arena, lines * sizeof *starts);
    uint32_t *start = starts;
    *start++ = 0;
    for (const char *at = text; (at = memchr(at, '\n', (size_t)(text + size - at))) != NULL; at++)
        *start++ = (uint32_t)(at + 1 - text);
    *count = lines;
    return starts;
}

/* The text is already in the arena, with its NUL. */
static const struct source_file *make_file(struct arena *arena, const char *name, const char *text,
                                           size_t size, unsigned index)
{
    struct source_file *file = arena_alloc(arena, sizeof *file);
    file->name = arena_intern_string(arena, name);
    file->text = text;
    file->size = size;
    file->index = index;
    file->lines = find_lines(arena, text, size, &file->line_count);
    return file;
}

const struct source_file *source_of_text(struct arena *arena, const char *name, const char *text,
                                         size_t size, unsigned index)
{
    char *copy = arena_alloc(arena, size + 1);
    memcpy(copy, text, size);
    return make_file(arena, name, copy, size, index);
}

/* Reads to the end. A regular file's size is a good guess of the room it takes, a pipe's is not:
 * when the room is full, the text moves to twice as much. */
static char *read_all(struct arena *arena, int fd, size_t room, size_t *size, int *error)
{
    char *text = arena_alloc(arena, room + 1);
    *size = 0;
    for (;;) {
        ssize_t got = read(fd, text + *size, room - *size);
        if (got == 0)
            break;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            *error = errno;
            return NULL;
        }
        *size += (size_t)got;
        if (*size > SOURCE_MAX) {
            *error = EFBIG;
            return NULL;
        }
        if (*size == room) {
            char *bigger = arena_alloc(arena, room * 2 + 1);
            memcpy(bigger, text, *size);
            text = bigger;
            room *= 2;
        }
    }
    text[*size] = '\0';
    return text;
}

const struct source_file *source_read(struct arena *arena, const char *name, unsigned index,
                                      int *error)
{
    const struct source_file *file = NULL;
    struct stat status;
    *error = 0;
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        *error = errno;
        return NULL;
    }
    if (fstat(fd, &status) != 0) {
        *error = errno;
    } else if (S_ISDIR(status.st_mode)) {
        *error = EISDIR;
    } else if (S_ISREG(status.st_mode) && (uintmax_t)status.st_size > SOURCE_MAX) {
        *error = EFBIG;
    } else {
        /* One byte more than the file has, so that its end is seen without growing. */
        size_t room = S_ISREG(status.st_mode) ? (size_t)status.st_size + 1 : 1 << 16;
        size_t size;
        char *text = read_all(arena, fd, room, &size, error);
        if (text != NULL)
            file = make_file(arena, name, text, size, index);
    }
    close(fd);
    return file;
}

/* The index of the last line that starts at or before the offset. */
static unsigned find_line(const struct source_file *file, uint32_t offset)
{
    unsigned low = 0, high = file->line_count;
    while (high - low > 1) {
        unsigned middle = low + (high - low) / 2;
        if (file->lines[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

struct position source_position(const struct source_file *file, uint32_t offset)
{
    unsigned line = find_line(file, offset);
    return (struct position){line + 1, offset - file->lines[line] + 1};
}

const char *source_line(const struct source_file *file, unsigned line, size_t *length)
{
    const char *begin = file->text + file->lines[line - 1];
    const char *end =
        line < file->line_count ? file->text + file->lines[line] - 1 : file->text + file->size;
    if (end > begin && end[-1] == '\r')
        end--;
    *length = (size_t)(end - begin);
    return begin;
}

static int order(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

int span_compare(struct span a, struct span b)
{
    if (a.file != b.file) {
        if (a.file == NULL || b.file == NULL)
            return a.file == NULL ? -1 : 1;
        return order(a.file->index, b.file->index);
    }
    int by_begin = order(a.begin, b.begin);
    return by_begin != 0 ? by_begin : order(a.end, b.end);
}
