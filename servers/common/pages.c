#include "pages.h"

#include "flux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST   400
#define COUNT   200
#define LONGEST (1 << 20)

const char *pages_folder;
static struct page pages[COUNT];

/* Reads all of it into memory of its own. */
static int read_whole(int file, struct page *page)
{
    struct stat status;
    if (fstat(file, &status) != 0)
        return errno;
    if (!S_ISREG(status.st_mode))
        return EINVAL;
    if (status.st_size > LONGEST)
        return EFBIG;
    const size_t length = (size_t)status.st_size;
    char *text = malloc(length + 1);
    if (text == NULL)
        return ENOMEM;
    page->text = text;
    while (page->length < length) {
        ssize_t got = read(file, text + page->length, length - page->length);
        if (got < 0 && errno != EINTR)
            return errno;
        if (got == 0)
            break;
        if (got > 0)
            page->length += (size_t)got;
    }
    return 0;
}

/* The page of one status, if there is a file of it. */
static int read_page(int from, unsigned status)
{
    char name[16];
    snprintf(name, sizeof name, "%u.html", status);
    int file = openat(from, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0 && errno == ENOENT)
        return 0;
    int error = file < 0 ? errno : read_whole(file, &pages[status - FIRST]);
    if (file >= 0)
        close(file);
    if (error != 0)
        flux_log(FLUX_ERROR, "--error-pages: %s/%s: %s", pages_folder, name, flux_strerror(error));
    return error;
}

int pages_load(void)
{
    if (pages_folder == NULL)
        return 0;
    int from = open(pages_folder, O_PATH | O_DIRECTORY | O_CLOEXEC), error = 0;
    if (from < 0) {
        error = errno;
        flux_log(FLUX_ERROR, "--error-pages: %s: %s", pages_folder, flux_strerror(error));
        return error;
    }
    for (unsigned status = FIRST; error == 0 && status < FIRST + COUNT; status++)
        error = read_page(from, status);
    close(from);
    return error;
}

const struct page *pages_find(unsigned status)
{
    if (status < FIRST || status >= FIRST + COUNT || pages[status - FIRST].text == NULL)
        return NULL;
    return &pages[status - FIRST];
}

void pages_free(void)
{
    for (unsigned i = 0; i < COUNT; i++) {
        free((char *)pages[i].text);
        pages[i] = (struct page){0};
    }
}
