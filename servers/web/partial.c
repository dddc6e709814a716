/* partial.c - 206: the ranges of a file that a client asks for. */
#include "web_flux.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct response_part piece_of(const struct file *file, struct range range)
{
    if (file->bytes != NULL)
        return (struct response_part){
            .memory = file->bytes + range.offset, .file = -1, .length = range.length};
    return (struct response_part){
        .file = file->descriptor, .offset = range.offset, .length = range.length};
}

static void begin(web_request *request, const struct file *file)
{
    struct exchange *exchange = &request->exchange;
    response_begin(&exchange->response, 206, exchange->request.minor, exchange->keep_alive);
    response_fields(&exchange->response, file->fields, file->shared_length);
    if (file->coding != NULL)
        response_field(&exchange->response, "Content-Encoding", "%s", file->coding);
}

static void send_one(web_request *request, const struct file *file, struct range range)
{
    struct response *response = &request->exchange.response;
    char content_range[RANGES_TEXT_SIZE];
    begin(request, file);
    ranges_content_range(content_range, range, file->size);
    response_field(response, "Content-Range", "%s", content_range);
    response_field(response, "Content-Type", "%s", file->type);
    response_field(response, "Content-Length", "%llu", (unsigned long long)range.length);
    response_end(response);
    if (file->bytes != NULL)
        response_body(response, file->bytes + range.offset, (size_t)range.length);
    else
        response_file(response, file->descriptor, range.offset, range.length);
}

/* multipart/byteranges: RFC 9110, section 14.6. */
static int send_several(web_request *request, const struct file *file, const struct range *ranges,
                        size_t count)
{
    struct response *response = &request->exchange.response;
    char boundary[RANGES_BOUNDARY_SIZE];
    size_t parts = 2 * count + 1, heads = count * RANGES_PART_SIZE + RANGES_END_SIZE;
    struct response_part *part = malloc(parts * sizeof *part + heads);
    if (part == NULL)
        return ENOMEM;
    request->parts = part;
    char *text = (char *)(part + parts);

    ranges_make_boundary(boundary);
    for (size_t i = 0; i < count; i++, part += 2, text += RANGES_PART_SIZE) {
        size_t length = ranges_part_head(text, boundary, file->type, ranges[i], file->size, i == 0);
        part[0] = (struct response_part){.memory = text, .file = -1, .length = length};
        part[1] = piece_of(file, ranges[i]);
    }
    *part =
        (struct response_part){.memory = text, .file = -1, .length = ranges_end(text, boundary)};

    begin(request, file);
    response_field(response, "Content-Type", "multipart/byteranges; boundary=%s", boundary);
    response_field(
        response, "Content-Length", "%llu",
        (unsigned long long)ranges_body_length(boundary, file->type, ranges, count, file->size));
    response_end(response);
    response_parts(response, request->parts, parts);
    return 0;
}

int partial_answer(web_request *request, const struct file *file, bool *answered)
{
    struct range ranges[RANGES_MAX];
    size_t count;
    int error = ranges_parse(&request->exchange.request, file->size, file->etag, file->modified,
                             ranges, &count);
    *answered = error == 0 && count > 0;
    if (*answered && count == 1)
        send_one(request, file, ranges[0]);
    else if (*answered)
        error = send_several(request, file, ranges, count);
    return error;
}
