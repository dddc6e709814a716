#include "ppm.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>

struct reader {
    const char *at, *end;
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* White space and comments, which go from # to the end of their line. False where there are none.
 */
static bool skip_space(struct reader *reader)
{
    const char *begin = reader->at;
    while (reader->at < reader->end && (is_space(*reader->at) || *reader->at == '#')) {
        if (*reader->at == '#')
            while (reader->at < reader->end && *reader->at != '\n' && *reader->at != '\r')
                reader->at++;
        else
            reader->at++;
    }
    return reader->at > begin;
}

static int read_number(struct reader *reader, uint32_t *number)
{
    if (!skip_space(reader) || reader->at == reader->end || !isdigit((unsigned char)*reader->at))
        return EBADMSG;
    *number = 0;
    while (reader->at < reader->end && isdigit((unsigned char)*reader->at)) {
        uint32_t digit = (uint32_t)(*reader->at++ - '0');
        if (*number > (UINT32_MAX - digit) / 10)
            return EBADMSG;
        *number = *number * 10 + digit;
    }
    return *number > 0 ? 0 : EBADMSG;
}

int ppm_parse(struct ppm *ppm, const char *data, size_t length)
{
    struct reader reader = {data, data + length};
    if (length < 2 || data[0] != 'P' || data[1] != '6')
        return EBADMSG;
    reader.at += 2;
    if (read_number(&reader, &ppm->width) != 0 || read_number(&reader, &ppm->height) != 0 ||
        read_number(&reader, &ppm->maximum) != 0)
        return EBADMSG;
    /* One byte of white space, then the pixels, whatever they look like. */
    if (ppm->maximum > 255 || reader.at == reader.end || !is_space(*reader.at))
        return EBADMSG;
    ppm->header = (size_t)(reader.at + 1 - data);
    return 0;
}

uint64_t ppm_bytes(const struct ppm *ppm)
{
    /* 2^32 * 2^32 * 3 does not fit; no file is that long. */
    uint64_t pixels = (uint64_t)ppm->width * ppm->height;
    return pixels > UINT64_MAX / 3 ? UINT64_MAX : pixels * 3;
}
