#include "fastcgi.h"

#include <errno.h>
#include <string.h>

/* A record is a header of eight bytes, content, and padding (3.3):
 *
 *      version, type, request id (2), content length (2), padding length, reserved
 */
#define VERSION     1
#define HEADER_SIZE 8
#define REQUEST_ID  1

enum record_type { /* 8 */
                   BEGIN_REQUEST = 1,
                   ABORT_REQUEST = 2,
                   END_REQUEST = 3,
                   PARAMS = 4,
                   STDIN = 5,
                   STDOUT = 6,
                   STDERR = 7,
                   DATA = 8,
};

#define RESPONDER 1
#define KEEP_CONN 1

/* ---- what is sent ---------------------------------------------------------------------------- */

static size_t room_left(const struct fastcgi_output *output)
{
    return output->room - output->length;
}

/* Begins a record, with no content yet; false where there is no room for the header. */
static bool open_record(struct fastcgi_output *output, enum record_type type)
{
    if (room_left(output) < HEADER_SIZE)
        return false;
    const unsigned char header[HEADER_SIZE] = {VERSION, (unsigned char)type, 0, REQUEST_ID};
    output->record = output->length;
    memcpy(output->buffer + output->length, header, HEADER_SIZE);
    output->length += HEADER_SIZE;
    return true;
}

static size_t content_length(const struct fastcgi_output *output)
{
    return output->length - output->record - HEADER_SIZE;
}

static void append(struct fastcgi_output *output, const char *bytes, size_t length)
{
    memcpy(output->buffer + output->length, bytes, length);
    output->length += length;
    size_t content = content_length(output);
    output->buffer[output->record + 4] = (char)(content >> 8);
    output->buffer[output->record + 5] = (char)content;
}

void fastcgi_begin(struct fastcgi_output *output, char *buffer, size_t room)
{
    const char body[8] = {0, RESPONDER, KEEP_CONN};
    *output = (struct fastcgi_output){.buffer = buffer, .room = room};
    if (!open_record(output, BEGIN_REQUEST) || room_left(output) < sizeof body) {
        output->full = true;
        return;
    }
    append(output, body, sizeof body);
    output->full = !open_record(output, PARAMS);
}

void fastcgi_parameter_bytes(struct fastcgi_output *output, const char *bytes, size_t length)
{
    while (length > 0 && !output->full) {
        size_t here = FASTCGI_MOST - content_length(output);
        if (here == 0) {
            output->full = !open_record(output, PARAMS);
            continue;
        }
        if (here > length)
            here = length;
        if (here > room_left(output)) {
            output->full = true;
            return;
        }
        append(output, bytes, here);
        bytes += here;
        length -= here;
    }
}

/* One byte up to 127, otherwise four, the highest bit set (3.4). */
static size_t write_length(char *to, size_t length)
{
    if (length < 128) {
        to[0] = (char)length;
        return 1;
    }
    to[0] = (char)(length >> 24 | 0x80);
    to[1] = (char)(length >> 16);
    to[2] = (char)(length >> 8);
    to[3] = (char)length;
    return 4;
}

void fastcgi_parameter_lengths(struct fastcgi_output *output, size_t name, size_t value)
{
    char lengths[8];
    /* What is longer than the buffer does not fit anyway. */
    if (name > INT32_MAX || value > INT32_MAX) {
        output->full = true;
        return;
    }
    size_t used = write_length(lengths, name);
    used += write_length(lengths + used, value);
    fastcgi_parameter_bytes(output, lengths, used);
}

void fastcgi_parameter(struct fastcgi_output *output, struct http_text name, struct http_text value)
{
    fastcgi_parameter_lengths(output, name.length, value.length);
    fastcgi_parameter_bytes(output, name.at, name.length);
    fastcgi_parameter_bytes(output, value.at, value.length);
}

int fastcgi_end_parameters(struct fastcgi_output *output)
{
    /* A record without content ends the stream; the last one is that already if it has none. */
    if (!output->full && content_length(output) > 0)
        output->full = !open_record(output, PARAMS);
    return output->full ? EMSGSIZE : 0;
}

size_t fastcgi_body_room(const struct fastcgi_output *output)
{
    size_t room = room_left(output) > HEADER_SIZE ? room_left(output) - HEADER_SIZE : 0;
    return room < FASTCGI_MOST ? room : FASTCGI_MOST;
}

size_t fastcgi_body(struct fastcgi_output *output, const char *bytes, size_t length)
{
    size_t taken = 0;
    while (taken < length && fastcgi_body_room(output) > 0) {
        size_t here = fastcgi_body_room(output);
        if (here > length - taken)
            here = length - taken;
        open_record(output, STDIN);
        append(output, bytes + taken, here);
        taken += here;
    }
    return taken;
}

bool fastcgi_end_body(struct fastcgi_output *output)
{
    return open_record(output, STDIN);
}

/* ---- what comes back ------------------------------------------------------------------------- */

static unsigned record_type(const struct fastcgi_input *input)
{
    return input->header[1];
}

/* A header is complete. */
static int begin_record(struct fastcgi_input *input)
{
    const unsigned char *header = input->header;
    unsigned id = (unsigned)header[2] << 8 | header[3];
    input->content = (size_t)header[4] << 8 | header[5];
    input->padding = header[6];
    if (header[0] != VERSION)
        return EREMOTEIO;
    switch (record_type(input)) {
    case STDOUT:
        if (input->stdout_ended)
            return EREMOTEIO;
        input->stdout_ended = input->content == 0;
        break;
    case STDERR:
        break;
    case END_REQUEST:
        if (input->content < sizeof input->result)
            return EREMOTEIO;
        input->result_length = 0;
        break;
    case BEGIN_REQUEST:
    case ABORT_REQUEST:
    case PARAMS:
    case STDIN:
    case DATA:
        return EREMOTEIO; /* a server sends these */
    default:
        return id == 0 || id == REQUEST_ID ? 0 : EREMOTEIO;
    }
    return id == REQUEST_ID ? 0 : EREMOTEIO;
}

static struct http_text cut(struct http_text *data, size_t most)
{
    struct http_text piece = {data->at, data->length < most ? data->length : most};
    data->at += piece.length;
    data->length -= piece.length;
    return piece;
}

static void read_header(struct fastcgi_input *input, struct http_text *data)
{
    struct http_text piece = cut(data, HEADER_SIZE - input->header_length);
    memcpy(input->header + input->header_length, piece.at, piece.length);
    input->header_length += piece.length;
}

/* FCGI_END_REQUEST: application status (4), protocol status, reserved (3) (5.5). */
static void read_result(struct fastcgi_input *input, struct http_text piece)
{
    size_t here = sizeof input->result - input->result_length;
    if (here > piece.length)
        here = piece.length;
    memcpy(input->result + input->result_length, piece.at, here);
    input->result_length += here;
}

static int take_result(struct fastcgi_input *input)
{
    const unsigned char *result = input->result;
    if (result[4] > FASTCGI_UNKNOWN_ROLE)
        return EREMOTEIO;
    input->application_status = (uint32_t)result[0] << 24 | (uint32_t)result[1] << 16 |
                                (uint32_t)result[2] << 8 | result[3];
    input->status = (enum fastcgi_status)result[4];
    input->ended = true;
    return 0;
}

int fastcgi_next(struct fastcgi_input *input, struct http_text *data, enum fastcgi_kind *kind,
                 struct http_text *piece)
{
    *kind = FASTCGI_NOTHING;
    while (data->length > 0) {
        if (input->ended)
            return EREMOTEIO;
        if (input->header_length < HEADER_SIZE) {
            read_header(input, data);
            if (input->header_length < HEADER_SIZE)
                return 0;
            int error = begin_record(input);
            if (error != 0)
                return error;
        }
        if (input->content > 0) {
            *piece = cut(data, input->content);
            input->content -= piece->length;
            if (record_type(input) == END_REQUEST)
                read_result(input, *piece);
            else if (record_type(input) == STDOUT && piece->length > 0)
                *kind = FASTCGI_STDOUT;
            else if (record_type(input) == STDERR && piece->length > 0)
                *kind = FASTCGI_STDERR;
        }
        if (input->content == 0) {
            input->padding -= cut(data, input->padding).length;
            if (input->padding == 0)
                input->header_length = 0;
        }
        if (input->header_length == 0 && record_type(input) == END_REQUEST) {
            *kind = FASTCGI_END;
            return take_result(input);
        }
        if (*kind != FASTCGI_NOTHING)
            return 0;
    }
    return 0;
}
