#include "tracker.h"

#include "extended.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- HTTP ------------------------------------------------------------------------------------ */

/* Unreserved characters of RFC 3986 stand for themselves. */
static void add_escaped(struct buffer *url, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t c = data[i];
        char escape[4];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            c == '-' || c == '.' || c == '_' || c == '~') {
            buffer_add(url, &c, 1);
        } else {
            snprintf(escape, sizeof escape, "%%%02X", c);
            buffer_add(url, escape, 3);
        }
    }
}

static void add_number(struct buffer *url, const char *name, uint64_t value)
{
    bencode_put_raw(url, name);
    buffer_add_number(url, value <= INT64_MAX ? (int64_t)value : INT64_MAX);
}

char *tracker_url(const char *announce, const struct tracker_request *request)
{
    static const char *const events[] = {"", "&event=completed", "&event=started",
                                         "&event=stopped"};
    struct buffer url = {0};
    char key[16];
    size_t length = strcspn(announce, "#");
    buffer_add(&url, announce, length);
    bencode_put_raw(&url, memchr(announce, '?', length) != NULL ? "&info_hash=" : "?info_hash=");
    add_escaped(&url, request->info_hash, 20);
    bencode_put_raw(&url, "&peer_id=");
    add_escaped(&url, request->peer_id, 20);
    add_number(&url, "&port=", request->port);
    add_number(&url, "&uploaded=", request->uploaded);
    add_number(&url, "&downloaded=", request->downloaded);
    add_number(&url, "&left=", request->left);
    bencode_put_raw(&url, "&compact=1&no_peer_id=1&supportcrypto=0");
    if (request->want >= 0)
        add_number(&url, "&numwant=", (uint64_t)request->want);
    snprintf(key, sizeof key, "&key=%08X", request->key);
    bencode_put_raw(&url, key);
    bencode_put_raw(&url, events[request->event]);
    buffer_add(&url, "", 1);
    if (!url.failed)
        return (char *)url.data;
    buffer_free(&url);
    return NULL;
}

static void set_reason(struct tracker_reply *reply, const void *text, size_t length)
{
    size_t used = 0;
    for (; used < length && used < TRACKER_REASON_SIZE - 1; used++) {
        char c = ((const char *)text)[used];
        reply->reason[used] = c >= ' ' && c < 0x7f ? c : '?';
    }
    reply->reason[used] = '\0';
    if (used == 0)
        snprintf(reply->reason, sizeof reply->reason, "no reason given");
}

static void add_peer(struct tracker_reply *reply, struct peer peer)
{
    if (peer.port != 0 && reply->count < TRACKER_MOST_PEERS)
        reply->peers[reply->count++] = peer;
}

static void add_compact(struct tracker_reply *reply, const uint8_t *data, size_t size, int family)
{
    size_t each = family == AF_INET ? COMPACT_IPV4 : COMPACT_IPV6;
    for (size_t at = 0; size - at >= each; at += each)
        add_peer(reply, compact_read(data + at, family));
}

/* The list of BEP 3, before there was BEP 23. Names are not looked up. */
static void add_dictionaries(struct tracker_reply *reply, struct bencode list)
{
    struct bencode item, ip;
    while (bencode_next(&list, &item) && reply->count < TRACKER_MOST_PEERS) {
        char text[INET6_ADDRSTRLEN];
        int64_t port = bencode_integer(&item, "port", 0);
        if (!bencode_find_kind(&item, "ip", BENCODE_STRING, &ip) || ip.length >= sizeof text ||
            port < 1 || port > UINT16_MAX)
            continue;
        memcpy(text, ip.text, ip.length);
        text[ip.length] = '\0';
        struct peer peer = {.port = (uint16_t)port};
        if (inet_pton(AF_INET, text, peer.address) == 1)
            peer.family = AF_INET;
        else if (inet_pton(AF_INET6, text, peer.address) == 1)
            peer.family = AF_INET6;
        else
            continue;
        add_peer(reply, peer);
    }
}

static uint32_t seconds(const struct bencode *dictionary, const char *key)
{
    int64_t value = bencode_integer(dictionary, key, 0);
    return value < 0 ? 0 : value > 86400 ? 86400 : (uint32_t)value;
}

static uint32_t number(const struct bencode *dictionary, const char *key)
{
    int64_t value = bencode_integer(dictionary, key, 0);
    return value < 0 ? 0 : value > INT32_MAX ? INT32_MAX : (uint32_t)value;
}

int tracker_read(struct tracker_reply *reply, const void *data, size_t size)
{
    struct bencode answer, value;
    memset(reply, 0, sizeof *reply);
    if (bencode_parse(data, size, &answer) != 0 || answer.kind != BENCODE_DICTIONARY)
        return EBADMSG;
    if (bencode_find_kind(&answer, "failure reason", BENCODE_STRING, &value)) {
        set_reason(reply, value.text, value.length);
        return 0;
    }
    reply->interval = seconds(&answer, "interval");
    reply->least = seconds(&answer, "min interval");
    reply->seeds = number(&answer, "complete");
    reply->leechers = number(&answer, "incomplete");
    if (bencode_find(&answer, "peers", &value)) {
        if (value.kind == BENCODE_STRING)
            add_compact(reply, (const uint8_t *)value.text, value.length, AF_INET);
        else
            add_dictionaries(reply, value);
    }
    if (bencode_find_kind(&answer, "peers6", BENCODE_STRING, &value))
        add_compact(reply, (const uint8_t *)value.text, value.length, AF_INET6);
    return 0;
}

/* ---- UDP ------------------------------------------------------------------------------------- */

enum action { ACTION_CONNECT = 0, ACTION_ANNOUNCE = 1, ACTION_ERROR = 3 };

static void put_number(uint8_t **at, uint64_t value, unsigned bytes)
{
    while (bytes > 0)
        *(*at)++ = (uint8_t)(value >> 8 * --bytes);
}

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

bool tracker_split(const char *url, char host[256], char port[8], const char **path)
{
    static const char scheme[] = "udp://";
    if (strncmp(url, scheme, strlen(scheme)) != 0)
        return false;
    const char *from = url + strlen(scheme);
    size_t length = strcspn(from, "/?#");
    *path = from + length;
    const char *colon = from + length;
    while (colon > from && *colon != ':')
        colon--;
    size_t host_length = (size_t)(colon - from), port_length = length - host_length;
    if (port_length < 2 || port_length > 6 || colon[1] < '0' || colon[1] > '9')
        return false;
    if (host_length >= 2 && from[0] == '[' && colon[-1] == ']') {
        from++;
        host_length -= 2;
    }
    if (host_length == 0 || host_length > 255)
        return false;
    memcpy(host, from, host_length);
    host[host_length] = '\0';
    memcpy(port, colon + 1, port_length - 1);
    port[port_length - 1] = '\0';
    return strspn(port, "0123456789") == port_length - 1;
}

void tracker_write_connect(uint8_t packet[TRACKER_CONNECT_SIZE], uint32_t transaction)
{
    uint8_t *at = packet;
    put_number(&at, UINT64_C(0x41727101980), 8); /* the number of the protocol */
    put_number(&at, ACTION_CONNECT, 4);
    put_number(&at, transaction, 4);
}

/* Whether a packet answers this transaction, and is no error. */
static int check_answer(struct tracker_reply *reply, const uint8_t *packet, size_t size,
                        uint32_t transaction, enum action action)
{
    if (size < 8 || get_u32(packet + 4) != transaction)
        return EAGAIN;
    memset(reply, 0, sizeof *reply);
    if (get_u32(packet) == ACTION_ERROR) {
        set_reason(reply, packet + 8, size - 8);
        return EBADMSG;
    }
    return get_u32(packet) == action ? 0 : EAGAIN;
}

int tracker_read_connect(struct tracker_reply *reply, const uint8_t *packet, size_t size,
                         uint32_t transaction, uint64_t *connection)
{
    int error = check_answer(reply, packet, size, transaction, ACTION_CONNECT);
    if (error != 0)
        return error;
    if (size < 16)
        return EAGAIN;
    *connection = (uint64_t)get_u32(packet + 8) << 32 | get_u32(packet + 12);
    return 0;
}

size_t tracker_write_announce(uint8_t packet[TRACKER_ANNOUNCE_SIZE + TRACKER_PATH_SIZE],
                              uint64_t connection, uint32_t transaction,
                              const struct tracker_request *request, const char *path)
{
    uint8_t *at = packet;
    put_number(&at, connection, 8);
    put_number(&at, ACTION_ANNOUNCE, 4);
    put_number(&at, transaction, 4);
    memcpy(at, request->info_hash, 20);
    memcpy(at + 20, request->peer_id, 20);
    at += 40;
    put_number(&at, request->downloaded, 8);
    put_number(&at, request->left, 8);
    put_number(&at, request->uploaded, 8);
    put_number(&at, request->event, 4);
    put_number(&at, 0, 4); /* the address that the tracker sees */
    put_number(&at, request->key, 4);
    put_number(&at, (uint32_t)request->want, 4);
    put_number(&at, request->port, 2);
    size_t length = strcspn(path, "#");
    if (length > 1 && length <= UINT8_MAX) { /* BEP 41: URLData */
        *at++ = 2;
        *at++ = (uint8_t)length;
        memcpy(at, path, length);
        at += length;
    }
    return (size_t)(at - packet);
}

int tracker_read_announce(struct tracker_reply *reply, const uint8_t *packet, size_t size,
                          uint32_t transaction, int family)
{
    int error = check_answer(reply, packet, size, transaction, ACTION_ANNOUNCE);
    if (error != 0)
        return error;
    if (size < 20)
        return EAGAIN;
    uint32_t interval = get_u32(packet + 8);
    reply->interval = interval < 86400 ? interval : 86400;
    reply->leechers = get_u32(packet + 12);
    reply->seeds = get_u32(packet + 16);
    add_compact(reply, packet + 20, size - 20, family);
    return 0;
}
