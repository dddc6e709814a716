/* sharing.c - one rendering of an image for all who ask for it. Each of these nodes but Join holds
 * the constraint `cache`. */
#include "image_flux.h"

#include "flux.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int CheckCache(CheckCache_in *in, CheckCache_out *out)
{
    image_tag *request = in->peer->request;
    PASS_ON(in, out);

    /* NAME.ppm and the size, which is one byte. */
    char key[sizeof request->file + 1];
    size_t length = strlen(request->file);
    memcpy(key, request->file, length);
    key[length++] = (char)request->size;

    request->entry = cache_find(cache, key, length, request->version);
    if (request->entry == NULL) {
        request->lookup = LOOKUP_MISS;
        request->entry = cache_add(cache, key, length, request->version);
        return request->entry != NULL ? 0 : ENOMEM;
    }
    if (request->entry->state == CACHE_READY) {
        request->lookup = LOOKUP_HIT;
        return 0;
    }
    request->lookup = LOOKUP_RENDERING;
    request->rendered = cache_watch(request->entry);
    return request->rendered >= 0 ? 0 : errno;
}

bool TestInCache(client *peer)
{
    return peer->request->lookup == LOOKUP_HIT;
}

bool IsBeingRendered(client *peer)
{
    return peer->request->lookup == LOOKUP_RENDERING;
}

int Join(Join_in *in, Join_out *out)
{
    PASS_ON(in, out);
    out->rendered = in->peer->request->rendered;
    return 0;
}

int Follow(Follow_in *in, Follow_out *out)
{
    const struct cache_entry *entry = in->peer->request->entry;
    PASS_ON(in, out);
    return entry->state == CACHE_FAILED ? entry->error : 0;
}

int StoreInCache(StoreInCache_in *in, StoreInCache_out *out)
{
    image_tag *request = in->peer->request;
    PASS_ON(in, out);
    cache_fill(cache, request->entry, request->jpeg, request->jpeg_size);
    request->jpeg = NULL;
    return 0;
}

int Abandon(Abandon_in *in, Abandon_out *out)
{
    (void)out;
    cache_fail(cache, in->peer->request->entry, in->error);
    return in->error;
}
