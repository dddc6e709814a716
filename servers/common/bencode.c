#include "bencode.h"

#include <errno.h>
#include <string.h>

/* ---- scalars --------------------------------------------------------------------------------- */

/* Digits up to `stop`, which is passed over. No leading zeros, nothing above `most`. */
static bool read_digits(const char **at, const char *end, char stop, uint64_t most, uint64_t *value)
{
    const char *from = *at;
    uint64_t number = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at) {
        uint64_t digit = (uint64_t)(**at - '0');
        if (number > (most - digit) / 10)
            return false;
        number = 10 * number + digit;
    }
    if (*at == from || *at == end || **at != stop || (*from == '0' && *at - from > 1))
        return false;
    ++*at;
    *value = number;
    return true;
}

/* *at stands behind the 'i'. */
static bool read_integer(const char **at, const char *end, struct bencode *value)
{
    bool negative = *at < end && **at == '-';
    uint64_t number;
    if (negative)
        ++*at;
    if (!read_digits(at, end, 'e', (uint64_t)INT64_MAX + negative, &number) ||
        (negative && number == 0))
        return false;
    value->kind = BENCODE_INTEGER;
    value->integer = negative ? (int64_t)(0 - number) : (int64_t)number;
    return true;
}

static bool read_string(const char **at, const char *end, struct bencode *value)
{
    uint64_t length;
    if (!read_digits(at, end, ':', SIZE_MAX / 2, &length) || length > (uint64_t)(end - *at))
        return false;
    value->kind = BENCODE_STRING;
    value->text = *at;
    value->length = (size_t)length;
    *at += length;
    return true;
}

/* ---- values that hold others ----------------------------------------------------------------- */

/* The lists and dictionaries that *at is inside, a bit for each. */
struct nesting {
    unsigned depth;
    uint32_t dictionary; /* it is one */
    uint32_t key;        /* and a key comes next */
};

static bool enter(struct nesting *in, bool dictionary)
{
    if (in->depth == BENCODE_DEPTH)
        return false;
    uint32_t bit = UINT32_C(1) << in->depth++;
    in->dictionary = dictionary ? in->dictionary | bit : in->dictionary & ~bit;
    in->key = dictionary ? in->key | bit : in->key & ~bit;
    return true;
}

/* Of a dictionary, keys and values take turns. */
static bool item_fits(struct nesting *in, bool string)
{
    if (in->depth == 0)
        return true;
    uint32_t bit = UINT32_C(1) << (in->depth - 1);
    if ((in->dictionary & bit) == 0)
        return true;
    bool key = (in->key & bit) != 0;
    in->key ^= bit;
    return !key || string;
}

/* A dictionary does not end behind a key. */
static bool leave(struct nesting *in)
{
    uint32_t bit = UINT32_C(1) << --in->depth;
    return (in->dictionary & bit) == 0 || (in->key & bit) != 0;
}

/* One thing at *at: a scalar, or the beginning or the end of what holds others. */
static bool step(const char **at, const char *end, struct nesting *in, struct bencode *scalar)
{
    if (*at == end)
        return false;
    char first = **at;
    if (first >= '0' && first <= '9')
        return item_fits(in, true) && read_string(at, end, scalar);
    ++*at;
    switch (first) {
    case 'i':
        return item_fits(in, false) && read_integer(at, end, scalar);
    case 'l':
    case 'd':
        return item_fits(in, false) && enter(in, first == 'd');
    case 'e':
        return in->depth > 0 && leave(in);
    default:
        return false;
    }
}

static bool read_value(const char **at, const char *end, struct bencode *value)
{
    const char *from = *at;
    struct nesting in = {0};
    struct bencode scalar;
    *value = (struct bencode){0};
    if (!step(at, end, &in, value))
        return false;
    if (in.depth > 0) {
        while (in.depth > 0) {
            if (!step(at, end, &in, &scalar))
                return false;
        }
        value->kind = *from == 'd' ? BENCODE_DICTIONARY : BENCODE_LIST;
        value->text = from + 1;
        value->length = (size_t)(*at - from) - 2;
    }
    value->raw = from;
    value->raw_length = (size_t)(*at - from);
    return true;
}

int bencode_parse(const void *data, size_t length, struct bencode *value)
{
    const char *at = data;
    if (length > 0 && read_value(&at, at + length, value))
        return 0;
    *value = (struct bencode){0};
    return EBADMSG;
}

bool bencode_next(struct bencode *list, struct bencode *item)
{
    const char *at = list->text, *end = list->text + list->length;
    bool holds = list->kind == BENCODE_LIST || list->kind == BENCODE_DICTIONARY;
    if (!holds || list->length == 0 || !read_value(&at, end, item)) {
        *item = (struct bencode){0};
        return false;
    }
    list->length = (size_t)(end - at);
    list->text = at;
    return true;
}

bool bencode_is(const struct bencode *string, const char *text)
{
    return string->kind == BENCODE_STRING && string->length == strlen(text) &&
           memcmp(string->text, text, string->length) == 0;
}

bool bencode_find(const struct bencode *dictionary, const char *key, struct bencode *value)
{
    struct bencode rest = *dictionary, name;
    if (dictionary->kind == BENCODE_DICTIONARY) {
        while (bencode_next(&rest, &name) && bencode_next(&rest, value)) {
            if (bencode_is(&name, key))
                return true;
        }
    }
    *value = (struct bencode){0};
    return false;
}

bool bencode_find_kind(const struct bencode *dictionary, const char *key, enum bencode_kind kind,
                       struct bencode *value)
{
    return bencode_find(dictionary, key, value) && value->kind == kind;
}

int64_t bencode_integer(const struct bencode *dictionary, const char *key, int64_t otherwise)
{
    struct bencode value;
    return bencode_find_kind(dictionary, key, BENCODE_INTEGER, &value) ? value.integer : otherwise;
}

/* ---- writing --------------------------------------------------------------------------------- */

void bencode_put_raw(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void bencode_put_bytes(struct buffer *buffer, const void *data, size_t length)
{
    buffer_add_number(buffer, (int64_t)length);
    buffer_add(buffer, ":", 1);
    buffer_add(buffer, data, length);
}

void bencode_put_string(struct buffer *buffer, const char *text)
{
    bencode_put_bytes(buffer, text, strlen(text));
}

void bencode_put_integer(struct buffer *buffer, int64_t value)
{
    buffer_add(buffer, "i", 1);
    buffer_add_number(buffer, value);
    buffer_add(buffer, "e", 1);
}
