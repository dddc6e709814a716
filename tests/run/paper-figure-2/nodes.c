/* R1: the program of the paper as it stands, run for twelve requests: four images that exist and
 * two that do not, each twice. Whether the second request for an image finds it in the cache
 * depends on the runtime; what is answered does not. */
#include "paper-figure-2_flux.h"

#include "flux.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { IMAGES = 6, MISSING = 4 };

static char cache[IMAGES][32]; /* guarded by `cache` */
static int used[IMAGES];       /* likewise: requests that are using a cached image */

int Listen(Listen_out *out)
{
    static int requests;

    if (requests == 2 * IMAGES)
        return FLUX_STOP;
    out->socket = requests++ % IMAGES;
    return 0;
}

int ReadRequest(ReadRequest_in *in, ReadRequest_out *out)
{
    out->socket = in->socket;
    out->close = false;
    out->request = flux_alloc(sizeof *out->request);
    if (out->request == NULL)
        return ENOMEM;
    out->request->number = in->socket;
    return 0;
}

int CheckCache(CheckCache_in *in, CheckCache_out *out)
{
    image_tag *request = in->request;

    if (cache[request->number][0] != '\0') {
        strcpy(request->jpeg, cache[request->number]);
        request->cached = true;
        used[request->number]++;
    }
    *out = (CheckCache_out){in->socket, in->close, request};
    return 0;
}

bool TestInCache(image_tag *request)
{
    return request->cached;
}

int ReadInFromDisk(ReadInFromDisk_in *in, ReadInFromDisk_out *out)
{
    image_tag *request = in->request;

    if (request->number >= MISSING)
        return ENOENT;
    request->rgb[0] = (__u8)request->number;
    *out = (ReadInFromDisk_out){in->socket, in->close, request, request->rgb};
    return 0;
}

int Compress(Compress_in *in, Compress_out *out)
{
    snprintf(in->request->jpeg, sizeof in->request->jpeg, "jpeg %d", in->rgb_data[0]);
    *out = (Compress_out){in->socket, in->close, in->request};
    return 0;
}

int StoreInCache(StoreInCache_in *in, StoreInCache_out *out)
{
    strcpy(cache[in->request->number], in->request->jpeg);
    used[in->request->number]++;
    *out = (StoreInCache_out){in->socket, in->close, in->request};
    return 0;
}

int Write(Write_in *in, Write_out *out)
{
    printf("%d: %s\n", in->socket, in->request->jpeg);
    *out = (Write_out){in->socket, in->close, in->request};
    return 0;
}

int Complete(Complete_in *in)
{
    used[in->request->number]--;
    return 0;
}

int FourOhFor(FourOhFor_in *in)
{
    printf("%d: 404, %s\n", in->socket, flux_strerror(in->error));
    return 0;
}
