/* setup.c - options, and what lives as long as the program. */
#include "image_flux.h"

#include "access_log.h"
#include "flux.h"
#include "http_limits.h"
#include "listen.h"
#include "pages.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct settings settings = {
    .root = ".",
    .cache_bytes = 64 * 1024 * 1024,
    .max_pixels = 64 * 1000 * 1000,
    .quality = 85,
    .root_fd = -1,
};

struct cache *cache;
struct clients *clients;

/* clang-format off */
static const struct flux_option options[] = {
    {"root", "DIR", "where the pictures are",
     FLUX_STRING, &settings.root, 0, 0, NULL},
    {"cache-bytes", "B", "keep so many bytes of finished images",
     FLUX_SIZE, &settings.cache_bytes, 0, SIZE_MAX, NULL},
    {"max-pixels", "N", "answer 413 where a picture has more pixels",
     FLUX_NUMBER, &settings.max_pixels, 1, UINT32_MAX, NULL},
    {"quality", "1..100", "of the JPEGs",
     FLUX_NUMBER, &settings.quality, 1, 100, NULL},
};
/* clang-format on */
FLUX_OPTIONS(options);
FLUX_ABOUT("serves pictures in PPM format as JPEGs: GET /NAME.jpg?size=1..8", "", "1.0");

int Prepare(void)
{
    int error = access_log_open(http_limits.access_log, http_limits.log_format);
    if (error != 0)
        return error;
    error = pages_load();
    if (error != 0)
        return error;
    settings.root_fd = open(settings.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (settings.root_fd < 0) {
        error = errno;
        flux_log(FLUX_ERROR, "--root %s: %s", settings.root, strerror(error));
        return error;
    }
    http_limits_set_flows(0);
    cache = cache_new((size_t)settings.cache_bytes);
    clients = clients_new(http_limits.max_per_client, http_limits.max_connections);
    if (cache == NULL || clients == NULL)
        return ENOMEM;
    return listen_open("127.0.0.1:8080", LISTEN_AT_ONCE);
}

int Finish(void)
{
    listen_close();
    cache_free(cache);
    clients_free(clients);
    close(settings.root_fd);
    access_log_close();
    pages_free();
    return 0;
}
