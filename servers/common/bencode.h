/* bencode.h - the encoding of torrents and of what trackers and peers say (BEP 3).
 *
 * Reading neither copies nor allocates nor recurses: a value is a view of the bytes it was read
 * from. bencode_parse looks at all of a value once, with a bound on its depth, so that what is
 * found inside it later is known to be whole.
 *
 * Keys of dictionaries may come in any order, as they do in the wild; the first of several that are
 * the same counts. Integers are those of 64 bits, without leading zeros.
 */
#ifndef BENCODE_H
#define BENCODE_H

#include "buffer.h"

enum bencode_kind {
    BENCODE_NONE,
    BENCODE_INTEGER,
    BENCODE_STRING,
    BENCODE_LIST,
    BENCODE_DICTIONARY,
};

#define BENCODE_DEPTH 32 /* lists and dictionaries inside each other, at most */

struct bencode {
    enum bencode_kind kind;
    int64_t integer;
    const char *text; /* of a string; of a list or dictionary, what is between its ends */
    size_t length;
    const char *raw; /* all of the value, as it is encoded */
    size_t raw_length;
};

/* The value at the beginning of the data, which may go on behind it. Returns EBADMSG where there is
 * none, or none that is whole. */
int bencode_parse(const void *data, size_t length, struct bencode *value);

/* Takes the next value off the front of a list, or the next key or value off a dictionary: call it
 * with a copy. False at the end. */
bool bencode_next(struct bencode *list, struct bencode *item);

/* What stands under a key. False, and kind NONE, where there is nothing, or where `dictionary` is
 * none. The others ask for a kind as well. */
bool bencode_find(const struct bencode *dictionary, const char *key, struct bencode *value);
bool bencode_find_kind(const struct bencode *dictionary, const char *key, enum bencode_kind kind,
                       struct bencode *value);
/* The integer, or `otherwise`. */
int64_t bencode_integer(const struct bencode *dictionary, const char *key, int64_t otherwise);

bool bencode_is(const struct bencode *string, const char *text);

/* ---- writing --------------------------------------------------------------------------------- */

/* Lists and dictionaries are the caller's: bencode_put_raw(b, "d") ... bencode_put_raw(b, "e"). */
void bencode_put_raw(struct buffer *buffer, const char *text);
void bencode_put_bytes(struct buffer *buffer, const void *data, size_t length);
void bencode_put_string(struct buffer *buffer, const char *text);
void bencode_put_integer(struct buffer *buffer, int64_t value);

#endif
