#include "extended.h"

#include <errno.h>
#include <string.h>

/* ---- addresses ------------------------------------------------------------------------------- */

struct peer compact_read(const uint8_t *data, int family)
{
    struct peer peer = {.family = (uint8_t)family};
    size_t size = family == AF_INET ? 4 : 16;
    memcpy(peer.address, data, size);
    peer.port = (uint16_t)(data[size] << 8 | data[size + 1]);
    return peer;
}

void compact_write(struct buffer *out, const struct peer *peer)
{
    uint8_t port[2] = {(uint8_t)(peer->port >> 8), (uint8_t)peer->port};
    buffer_add(out, peer->address, peer->family == AF_INET ? 4 : 16);
    buffer_add(out, port, 2);
}

/* ---- handshake ------------------------------------------------------------------------------- */

static void read_number(const struct bencode *names, const char *name, uint8_t *number)
{
    int64_t value = bencode_integer(names, name, -1);
    if (value >= 0 && value <= UINT8_MAX)
        *number = (uint8_t)value;
}

static void read_client(struct extended *peer, const struct bencode *name)
{
    size_t length = name->length < sizeof peer->client - 1 ? name->length : sizeof peer->client - 1;
    for (size_t i = 0; i < length; i++) {
        char c = name->text[i];
        peer->client[i] = c >= ' ' && c < 0x7f && c != '"' && c != '\\' ? c : '?';
    }
    peer->client[length] = '\0';
}

int extended_read_handshake(struct extended *peer, const uint8_t *data, size_t size)
{
    struct bencode dictionary, names, name;
    if (bencode_parse(data, size, &dictionary) != 0 || dictionary.kind != BENCODE_DICTIONARY)
        return EPROTO;
    if (bencode_find_kind(&dictionary, "m", BENCODE_DICTIONARY, &names)) {
        read_number(&names, "ut_metadata", &peer->metadata);
        read_number(&names, "ut_pex", &peer->pex);
    }
    int64_t value = bencode_integer(&dictionary, "metadata_size", 0);
    if (value > 0)
        peer->metadata_size = (uint64_t)value;
    value = bencode_integer(&dictionary, "reqq", 0);
    if (value > 0)
        peer->most_requests = value < UINT16_MAX ? (uint32_t)value : UINT16_MAX;
    value = bencode_integer(&dictionary, "p", 0);
    if (value > 0 && value <= UINT16_MAX)
        peer->port = (uint16_t)value;
    if (bencode_find_kind(&dictionary, "v", BENCODE_STRING, &name))
        read_client(peer, &name);
    return 0;
}

/* Keys are sorted, as BEP 3 demands. */
void extended_write_handshake(struct buffer *dictionary, uint64_t metadata_size, bool pex,
                              uint16_t port, uint32_t most_requests, const struct peer *yourself)
{
    bencode_put_raw(dictionary, "d1:md11:ut_metadata");
    bencode_put_integer(dictionary, EXTENDED_METADATA);
    if (pex) {
        bencode_put_raw(dictionary, "6:ut_pex");
        bencode_put_integer(dictionary, EXTENDED_PEX);
    }
    bencode_put_raw(dictionary, "e");
    if (metadata_size > 0) {
        bencode_put_raw(dictionary, "13:metadata_size");
        bencode_put_integer(dictionary, (int64_t)metadata_size);
    }
    if (port != 0) {
        bencode_put_raw(dictionary, "1:p");
        bencode_put_integer(dictionary, port);
    }
    bencode_put_raw(dictionary, "4:reqq");
    bencode_put_integer(dictionary, most_requests);
    bencode_put_raw(dictionary, "1:v8:Flux 1.0");
    if (yourself->family != 0) {
        bencode_put_raw(dictionary, "6:yourip");
        bencode_put_bytes(dictionary, yourself->address, yourself->family == AF_INET ? 4 : 16);
    }
    bencode_put_raw(dictionary, "e");
}

/* ---- metadata -------------------------------------------------------------------------------- */

int metadata_read(struct metadata_message *message, const uint8_t *data, size_t size)
{
    struct bencode dictionary;
    if (bencode_parse(data, size, &dictionary) != 0 || dictionary.kind != BENCODE_DICTIONARY)
        return EPROTO;
    int64_t kind = bencode_integer(&dictionary, "msg_type", -1);
    int64_t piece = bencode_integer(&dictionary, "piece", -1);
    if (kind < 0 || piece < 0 || piece > UINT32_MAX)
        return EPROTO;
    *message = (struct metadata_message){.kind = kind > METADATA_REJECT ? -1 : (int)kind,
                                         .piece = (uint32_t)piece,
                                         .data = data + dictionary.raw_length,
                                         .size = size - dictionary.raw_length};
    return 0;
}

void metadata_write(struct buffer *dictionary, enum metadata_kind kind, uint32_t piece,
                    uint64_t total_size)
{
    bencode_put_raw(dictionary, "d8:msg_type");
    bencode_put_integer(dictionary, (int64_t)kind);
    bencode_put_raw(dictionary, "5:piece");
    bencode_put_integer(dictionary, piece);
    if (kind == METADATA_DATA) {
        bencode_put_raw(dictionary, "10:total_size");
        bencode_put_integer(dictionary, (int64_t)total_size);
    }
    bencode_put_raw(dictionary, "e");
}

/* ---- peer exchange --------------------------------------------------------------------------- */

static void read_added(struct pex_message *message, const struct bencode *dictionary,
                       const char *key, int family)
{
    struct bencode list;
    size_t size = family == AF_INET ? COMPACT_IPV4 : COMPACT_IPV6;
    if (!bencode_find_kind(dictionary, key, BENCODE_STRING, &list))
        return;
    for (size_t i = 0; i < PEX_MOST && (i + 1) * size <= list.length; i++)
        message->added[message->count++] =
            compact_read((const uint8_t *)list.text + i * size, family);
}

int pex_read(struct pex_message *message, const uint8_t *data, size_t size)
{
    struct bencode dictionary;
    message->count = 0;
    if (bencode_parse(data, size, &dictionary) != 0 || dictionary.kind != BENCODE_DICTIONARY)
        return EPROTO;
    read_added(message, &dictionary, "added", AF_INET);
    read_added(message, &dictionary, "added6", AF_INET6);
    return 0;
}

static void write_list(struct buffer *dictionary, const char *key, const struct pex_list *list,
                       int family, bool flags)
{
    uint8_t packed[PEX_MOST * COMPACT_IPV6];
    struct buffer text = {.data = packed, .room = sizeof packed};
    for (size_t i = 0; i < list->count; i++) {
        if (list->peers[i].family != family)
            continue;
        if (flags)
            buffer_add(&text, &list->flags[i], 1);
        else
            compact_write(&text, &list->peers[i]);
    }
    bencode_put_string(dictionary, key);
    bencode_put_bytes(dictionary, text.data, text.used);
}

void pex_write(struct buffer *dictionary, const struct pex_list *added,
               const struct pex_list *dropped)
{
    bencode_put_raw(dictionary, "d");
    write_list(dictionary, "added", added, AF_INET, false);
    write_list(dictionary, "added.f", added, AF_INET, true);
    write_list(dictionary, "added6", added, AF_INET6, false);
    write_list(dictionary, "added6.f", added, AF_INET6, true);
    write_list(dictionary, "dropped", dropped, AF_INET, false);
    write_list(dictionary, "dropped6", dropped, AF_INET6, false);
    bencode_put_raw(dictionary, "e");
}
