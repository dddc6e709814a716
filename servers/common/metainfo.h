/* metainfo.h - what a .torrent file says (BEP 3), with tiers of trackers (BEP 12), padding files
 * (BEP 47) and the private flag (BEP 27).
 *
 * Nothing of it is believed: numbers are checked before they are added, the pieces have to cover
 * the files exactly, and names lead nowhere but into the folder. What is merely awkward in a name
 * (control characters, too many bytes) is changed; what could only be meant to do harm ('..', '/'
 * or NUL within a name, two files of one name) is refused with the whole torrent.
 */
#ifndef METAINFO_H
#define METAINFO_H

#include "bencode.h"

#define METAINFO_HASH          20
#define METAINFO_MOST_PIECES   (UINT32_C(1) << 21)
#define METAINFO_LONGEST       (UINT32_C(1) << 28) /* piece */
#define METAINFO_MOST_FILES    200000
#define METAINFO_LARGEST_INFO  (48u << 20) /* bytes of an info dictionary */
#define METAINFO_MOST_TRACKERS 64

struct metainfo_file {
    char *path; /* below the folder of the download: "name" or "name/dir/file" */
    uint64_t offset, length;
    bool padding; /* zeros, not stored */
};

struct metainfo_tracker {
    char *url;
    unsigned tier;
};

struct metainfo {
    char *name;
    uint64_t length;
    uint32_t piece_length, pieces;
    bool is_private;
    uint8_t *info; /* the info dictionary, whose SHA-1 is the torrent's name among peers */
    size_t info_length;
    const uint8_t *hashes; /* METAINFO_HASH bytes for each piece, within info */
    struct metainfo_file *files;
    size_t file_count;
    struct metainfo_tracker *trackers;
    size_t tracker_count;
};

/* Reads a .torrent file, or an info dictionary alone. Returns 0, ENOMEM, or EBADMSG with the reason
 * in *why, static, as the end of a sentence: "file 3 is called '..'". On an error there is nothing
 * to free. */
int metainfo_parse(struct metainfo *metainfo, const void *data, size_t size, const char **why);
int metainfo_parse_info(struct metainfo *metainfo, const void *data, size_t size, const char **why);
void metainfo_free(struct metainfo *metainfo);

/* One more tracker, of http:, https: or udp:; others are passed over. Returns 0 or ENOMEM. */
int metainfo_add_tracker(struct metainfo *metainfo, const char *url, size_t length, unsigned tier);

/* Bytes in a piece: the last one may be shorter. */
uint32_t metainfo_piece_size(const struct metainfo *metainfo, uint32_t piece);
const uint8_t *metainfo_hash(const struct metainfo *metainfo, uint32_t piece);

#endif
