#include "magnet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SCHEME "magnet:?"
#define URN    "urn:btih:"

bool magnet_is_one(const char *text)
{
    return strncasecmp(text, SCHEME, strlen(SCHEME)) == 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= ' ';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(uint8_t *hash, const char *text)
{
    for (size_t i = 0; i < METAINFO_HASH; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        hash[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* RFC 4648, section 6; 32 digits are 20 bytes exactly. */
static bool read_base32(uint8_t *hash, const char *text)
{
    uint64_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < 32; i++) {
        char c = (char)(text[i] | ' ');
        int digit = c >= 'a' && c <= 'z' ? c - 'a' : -1;
        if (text[i] >= '2' && text[i] <= '7')
            digit = text[i] - '2' + 26;
        if (digit < 0)
            return false;
        bits = bits << 5 | (unsigned)digit;
        count += 5;
        if (count >= 8) {
            count -= 8;
            *hash++ = (uint8_t)(bits >> count);
        }
    }
    return true;
}

/* Percent-decoded, from malloc; a malformed escape stands for itself. */
static char *decode(const char *text, size_t length)
{
    char *decoded = malloc(length + 1), *to = decoded;
    for (size_t i = 0; decoded != NULL && i < length; i++) {
        int high = -1, low = -1;
        if (text[i] == '%' && length - i > 2) {
            high = hex_digit(text[i + 1]);
            low = hex_digit(text[i + 2]);
        }
        bool escape = high >= 0 && low >= 0 && (high | low) != 0;
        char c = text[i] == '+' ? ' ' : text[i];
        if (escape)
            c = (char)(high << 4 | low);
        *to++ = c;
        i += escape ? 2 : 0;
    }
    if (decoded != NULL)
        *to = '\0';
    return decoded;
}

static bool read_topic(struct magnet *magnet, const char *topic)
{
    if (strncasecmp(topic, URN, strlen(URN)) != 0)
        return false;
    topic += strlen(URN);
    size_t length = strlen(topic);
    return (length == 2 * METAINFO_HASH && read_hex(magnet->hash, topic)) ||
           (length == 32 && read_base32(magnet->hash, topic));
}

/* Takes the value, or frees it. */
static int read_field(struct magnet *magnet, const char *name, size_t length, char *value,
                      bool *found)
{
    int error = 0;
    if (length >= 2 && strncasecmp(name, "xt", 2) == 0 && (length == 2 || name[2] == '.')) {
        *found = *found || read_topic(magnet, value);
    } else if (length >= 2 && strncasecmp(name, "tr", 2) == 0 && (length == 2 || name[2] == '.')) {
        error = metainfo_add_tracker(&magnet->trackers, value, strlen(value),
                                     (unsigned)magnet->trackers.tracker_count);
    } else if (length == 2 && strncasecmp(name, "dn", 2) == 0 && magnet->name == NULL) {
        magnet->name = value;
        value = NULL;
    } else if (length == 4 && strncasecmp(name, "x.pe", 4) == 0 &&
               magnet->peer_count < MAGNET_MOST_PEERS) {
        magnet->peers[magnet->peer_count++] = value;
        value = NULL;
    }
    free(value);
    return error;
}

int magnet_parse(struct magnet *magnet, const char *link)
{
    bool found = false;
    *magnet = (struct magnet){0};
    if (!magnet_is_one(link))
        return EINVAL;
    for (const char *at = link + strlen(SCHEME); *at != '\0';) {
        size_t length = strcspn(at, "&");
        const char *equals = memchr(at, '=', length);
        if (equals != NULL) {
            char *value = decode(equals + 1, (size_t)(at + length - equals) - 1);
            if (value == NULL)
                return ENOMEM;
            int error = read_field(magnet, at, (size_t)(equals - at), value, &found);
            if (error != 0)
                return error;
        }
        at += length + (at[length] == '&');
    }
    return found ? 0 : EINVAL;
}

void magnet_free(struct magnet *magnet)
{
    metainfo_free(&magnet->trackers);
    free(magnet->name);
    for (size_t i = 0; i < magnet->peer_count; i++)
        free(magnet->peers[i]);
    *magnet = (struct magnet){0};
}
