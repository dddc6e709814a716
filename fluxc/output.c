#include "output.h"

#include "failure.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An output on its way to its file. */
struct target {
    const struct output *output;
    const char *path;   /* with symbolic links resolved; NULL: a stream */
    const char *folder; /* of path */
    const char *base;   /* name in it */
    struct stat old;    /* what is there, if it exists */
    bool exists;
    bool unchanged;        /* the file there is to stay */
    const char *temporary; /* NULL: none yet; after an exchange it is the old file's name */
    enum { WAITING, RENAMED, EXCHANGED } state;
};

struct writing {
    struct diags *diags;
    struct arena *arena;
    struct target *targets;
    unsigned count;
};

static const struct span nowhere;

static bool cannot(struct writing *writing, const char *name, int error)
{
    bool standard = strcmp(name, "-") == 0;
    diag_report(writing->diags, DIAG_CANNOT_WRITE, nowhere, "cannot write %s%s%s: %s",
                standard ? "" : "'", standard ? "to standard output" : name, standard ? "" : "'",
                strerror(error));
    return false;
}

/* ---- what is there --------------------------------------------------------------------------- */

bool output_is_stream(const char *name)
{
    struct stat status;
    return strcmp(name, "-") == 0 ||
           (stat(name, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode));
}

/* Reads up to `size` bytes from the beginning of a file; -1 with errno. */
static ssize_t read_beginning(const char *path, char *bytes, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -1;
    size_t have = 0;
    ssize_t got = 0;
    while (have < size &&
           ((got = read(fd, bytes + have, size - have)) > 0 || (got < 0 && errno == EINTR)))
        have += got > 0 ? (size_t)got : 0;
    int error = errno;
    close(fd);
    errno = error;
    return got < 0 ? -1 : (ssize_t)have;
}

static bool is_ours(const struct target *target)
{
    char line[4096];
    ssize_t size = read_beginning(target->path, line, sizeof line - 1);
    if (size < 0)
        return false;
    line[size] = '\0';
    line[strcspn(line, "\n")] = '\0';
    return strstr(line, target->output->mark) != NULL;
}

static bool has_text(const struct target *target)
{
    const struct text *text = &target->output->text;
    if (target->old.st_size < 0 || (size_t)target->old.st_size != text->size)
        return false;
    char *bytes = malloc(text->size + 1);
    bool same = bytes != NULL &&
                read_beginning(target->path, bytes, text->size + 1) == (ssize_t)text->size &&
                (text->size == 0 || memcmp(bytes, text->at, text->size) == 0);
    free(bytes);
    return same;
}

static void split_path(struct arena *arena, struct target *target)
{
    const char *slash = strrchr(target->path, '/');
    target->base = slash != NULL ? slash + 1 : target->path;
    target->folder =
        slash == NULL ? "."
                      : arena_printf(arena, "%.*s", (int)(slash + 1 - target->path), target->path);
}

/* Finds out what stands where the output is to go, and whether it may be replaced. */
static bool inspect(struct writing *writing, struct target *target,
                    const struct source_file *const *inputs, unsigned input_count)
{
    const struct output *output = target->output;
    struct stat link;
    if (strcmp(output->name, "-") == 0)
        return true;
    target->path = output->name;
    target->exists = stat(output->name, &target->old) == 0;
    if (!target->exists && errno != ENOENT)
        return cannot(writing, output->name, errno);
    if (lstat(output->name, &link) == 0 && S_ISLNK(link.st_mode)) {
        char *resolved = realpath(output->name, NULL);
        if (resolved == NULL) /* it leads nowhere */
            return cannot(writing, output->name, errno);
        target->path = arena_printf(writing->arena, "%s", resolved);
        free(resolved);
    }
    split_path(writing->arena, target);
    if (!target->exists)
        return *target->base != '\0' || cannot(writing, output->name, EISDIR);
    if (S_ISDIR(target->old.st_mode))
        return cannot(writing, output->name, EISDIR);
    if (!S_ISREG(target->old.st_mode)) {
        target->path = NULL;
        return true;
    }

    for (unsigned i = 0; i < input_count; i++) {
        struct stat input;
        if (stat(inputs[i]->name, &input) == 0 && input.st_dev == target->old.st_dev &&
            input.st_ino == target->old.st_ino) {
            diag_report(writing->diags, DIAG_CANNOT_WRITE, nowhere,
                        "'%s' is a source of this program, and is not overwritten", output->name);
            return false;
        }
    }
    if (output->kind == OUTPUT_NEW || (target->old.st_size > 0 && !is_ours(target))) {
        struct diag *diag = diag_report(
            writing->diags, DIAG_CANNOT_WRITE, nowhere,
            output->kind == OUTPUT_NEW ? "'%s' exists, and stubs overwrite nothing"
                                       : "'%s' was not generated by fluxc, and is not overwritten",
            output->name);
        diag_note(diag, nowhere, "-o chooses another name");
        return false;
    }
    if (access(target->path, W_OK) != 0)
        return cannot(writing, output->name, errno);
    target->unchanged = output->kind == OUTPUT_KEEP && has_text(target);
    return true;
}

/* Two names of one file, such as -o x.c -MF ./x.c. */
static bool check_distinct(struct writing *writing)
{
    for (unsigned i = 0; i < writing->count; i++) {
        for (unsigned j = 0; j < i; j++) {
            const struct target *a = &writing->targets[j], *b = &writing->targets[i];
            struct stat of_a, of_b;
            if (a->path == NULL || b->path == NULL || strcmp(a->base, b->base) != 0 ||
                stat(a->folder, &of_a) != 0 || stat(b->folder, &of_b) != 0 ||
                of_a.st_dev != of_b.st_dev || of_a.st_ino != of_b.st_ino)
                continue;
            diag_report(writing->diags, DIAG_CANNOT_WRITE, nowhere, "'%s' would be written twice",
                        b->output->name);
            return false;
        }
    }
    return true;
}

/* ---- temporary files and streams ------------------------------------------------------------- */

static int write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);
        if (written > 0) {
            bytes += written;
            size -= (size_t)written;
        } else if (written == 0 || errno != EINTR) {
            return written == 0 ? ENOSPC : errno;
        }
    }
    return 0;
}

static int write_text(int fd, const struct target *target)
{
    const struct text *text = &target->output->text;
    int error = write_all(fd, text->at, text->size);
    if (target->exists && target->path != NULL && error == 0) {
        /* The new file is as accessible as the old one. Only root can keep another's ownership;
         * where that fails, the file belongs to who wrote it. */
        if (fchown(fd, target->old.st_uid, target->old.st_gid) != 0)
            errno = 0;
        if (fchmod(fd, target->old.st_mode & 07777) != 0)
            error = errno;
    }
    return close(fd) != 0 && error == 0 ? errno : error;
}

static bool write_temporary(struct writing *writing, struct target *target)
{
    static unsigned number;
    const char *folder = strcmp(target->folder, ".") == 0 ? "" : target->folder;
    int fd, error;
    do {
        char *path =
            arena_printf(writing->arena, "%s.fluxc-%ld-%u", folder, (long)getpid(), number++);
        if (!failure_remove(path))
            return cannot(writing, target->output->name, ENOMEM);
        target->temporary = path;
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        error = fd < 0 ? errno : write_text(fd, target);
        if (fd < 0) {
            failure_forget(path);
            target->temporary = NULL;
        }
    } while (error == EEXIST);
    return error == 0 || cannot(writing, target->output->name, error);
}

static bool write_stream(struct writing *writing, struct target *target)
{
    const char *name = target->output->name;
    int fd = strcmp(name, "-") == 0 ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                                    : open(name, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    int error = fd < 0 ? errno : write_text(fd, target);
    return error == 0 || cannot(writing, name, error);
}

/* ---- taking their names ---------------------------------------------------------------------- */

/* Gives the temporary file its name. An old file changes places with it, so that it can come back;
 * file systems that cannot do that just replace it. */
static int take_name(struct target *target)
{
    unsigned how = target->exists ? RENAME_EXCHANGE : RENAME_NOREPLACE;
    if (renameat2(AT_FDCWD, target->temporary, AT_FDCWD, target->path, how) == 0) {
        target->state = target->exists ? EXCHANGED : RENAMED;
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
    if (rename(target->temporary, target->path) != 0)
        return errno;
    target->state = RENAMED;
    return 0;
}

static void give_back(struct target *target)
{
    if (target->state == EXCHANGED)
        renameat2(AT_FDCWD, target->temporary, AT_FDCWD, target->path, RENAME_EXCHANGE);
    else if (target->state == RENAMED && !target->exists)
        unlink(target->path);
}

static bool take_names(struct writing *writing)
{
    bool good = true;
    sigset_t all, before;
    sigfillset(&all); /* interrupted before or after, but not between two names */
    sigprocmask(SIG_BLOCK, &all, &before);
    for (unsigned i = 0; i < writing->count && good; i++) {
        struct target *target = &writing->targets[i];
        int error = target->temporary != NULL ? take_name(target) : 0;
        if (error != 0)
            good = cannot(writing, target->output->name, error);
    }
    for (unsigned i = 0; i < writing->count; i++) {
        struct target *target = &writing->targets[i];
        if (!good)
            give_back(target);
        if (target->temporary != NULL)
            failure_remove_now(target->temporary);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return good;
}

bool outputs_write(struct diags *diags, struct arena *arena, const struct output *outputs,
                   unsigned count, const struct source_file *const *inputs, unsigned input_count)
{
    struct writing writing = {diags, arena, arena_alloc(arena, count * sizeof(struct target)),
                              count};
    struct target *targets = writing.targets;
    bool good = true;
    for (unsigned i = 0; i < count; i++) {
        targets[i].output = &outputs[i];
        if (outputs[i].text.failed != 0)
            good = cannot(&writing, outputs[i].name, outputs[i].text.failed);
        else
            good = inspect(&writing, &targets[i], inputs, input_count) && good;
    }
    good = good && check_distinct(&writing);
    for (unsigned i = 0; i < count && good; i++)
        if (targets[i].path != NULL && !targets[i].unchanged)
            good = write_temporary(&writing, &targets[i]);
    for (unsigned i = 0; i < count && good; i++)
        if (targets[i].path == NULL)
            good = write_stream(&writing, &targets[i]);
    if (good)
        return take_names(&writing);
    for (unsigned i = 0; i < count; i++)
        if (targets[i].temporary != NULL)
            failure_remove_now(targets[i].temporary);
    return false;
}
