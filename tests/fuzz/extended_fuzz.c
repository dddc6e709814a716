/* extended_fuzz.c - messages of extensions, each read as every kind. */
#include "extended.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct extended peer = {0};
    struct metadata_message metadata;
    struct pex_message pex;
    extended_read_handshake(&peer, data, size);
    for (const char *at = peer.client; *at != '\0'; at++) {
        if (*at < ' ' || *at > '~' || *at == '"' || *at == '\\')
            abort();
    }
    if (metadata_read(&metadata, data, size) == 0 &&
        (metadata.size > size || metadata.data + metadata.size != data + size))
        abort();
    if (pex_read(&pex, data, size) == 0 && pex.count > 2 * PEX_MOST)
        abort();
    return 0;
}
