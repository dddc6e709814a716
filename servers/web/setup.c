/* setup.c - options, and what lives as long as the program. */
#include "web_flux.h"

#include "access_log.h"
#include "flux.h"
#include "hangup.h"
#include "http_limits.h"
#include "listen.h"
#include "mime.h"
#include "pages.h"
#include "tls.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MIME_TYPES "/etc/mime.types"

static const char *const index_names[] = {"index.html", "index.htm", NULL};

struct settings settings = {
    .root = ".",
    .cache_bytes = 64 * 1024 * 1024,
    .cache_entries = 10000,
    .files = {.root = -1, .in_memory = 64 * 1024, .index_names = index_names},
};

struct spare requests;
struct files *files;
struct clients *clients;

/* clang-format off */
static const struct flux_option options[] = {
    {"root", "DIR", "what is served",
     FLUX_STRING, &settings.root, 0, 0, NULL},
    {"listing", NULL, "show what is in a folder without an index file",
     FLUX_FLAG, &settings.files.listing, 0, 0, NULL},
    {"follow-symlinks", NULL, "also follow symbolic links, but never out of the root",
     FLUX_FLAG, &settings.links_within, 0, 0, NULL},
    {"follow-all-symlinks", NULL, "also those that lead out of the root, wherever they lead",
     FLUX_FLAG, &settings.links_anywhere, 0, 0, NULL},
    {"gzip", NULL, "send NAME.gz for NAME, or compress what is worth it, to those who take it",
     FLUX_FLAG, &settings.files.gzip, 0, 0, NULL},
    {"cache-bytes", "B", "keep so many bytes of files in memory",
     FLUX_SIZE, &settings.cache_bytes, 0, SIZE_MAX, NULL},
    {"cache-entries", "N", "keep what so many paths lead to",
     FLUX_NUMBER, &settings.cache_entries, 1, UINT32_MAX, NULL},
    {"cache-file", "B", "keep files up to this size in memory, send larger ones from the disk's cache",
     FLUX_SIZE, &settings.files.in_memory, 0, SIZE_MAX / 2, NULL},
};
/* clang-format on */
FLUX_OPTIONS(options);
FLUX_ABOUT("serves files, folders and scripts over HTTP/1.1", "", "1.0");

/* The cache may have an eighth of the descriptors. */
static uint64_t cache_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / 8 > settings.cache_entries)
        return settings.cache_entries;
    return limit.rlim_cur / 8;
}

int Prepare(void)
{
    int error = access_log_open(http_limits.access_log, http_limits.log_format);
    if (error != 0)
        return error;
    error = pages_load();
    if (error != 0)
        return error;
    settings.files.root = open(settings.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (settings.files.root < 0) {
        error = errno;
        flux_log(FLUX_ERROR, "--root %s: %s", settings.root, strerror(error));
        return error;
    }
    settings.files.links = settings.links_anywhere ? PATH_LINKS_ANYWHERE
                           : settings.links_within ? PATH_LINKS_WITHIN
                                                   : PATH_NO_LINKS;
    requests.size = sizeof(web_request) + exchange_buffer_size();
    mime_load(MIME_TYPES);
    http_limits_set_flows(cache_descriptors() + php_descriptors());
    files = files_new(settings.cache_bytes, settings.cache_entries, cache_descriptors());
    clients = clients_new(http_limits.max_per_client, http_limits.max_connections);
    if (files == NULL || clients == NULL)
        return ENOMEM;
    if ((error = php_open()) != 0 || (tls_wanted() && (error = tls_start()) != 0))
        return error;
    error = hangup_open();
    return error != 0 ? error : listen_open("127.0.0.1:8080", LISTEN_DEFERRED);
}

int Hangup(void)
{
    return hangup_wait();
}

int Reopen(void)
{
    access_log_reopen();
    return 0;
}

int Reload(void)
{
    if (tls_wanted())
        tls_reload();
    return 0;
}

int Finish(void)
{
    listen_close();
    hangup_close();
    tls_end();
    php_close();
    files_free(files);
    clients_free(clients);
    spare_clear(&requests);
    mime_unload();
    pages_free();
    close(settings.files.root);
    access_log_close();
    return 0;
}
