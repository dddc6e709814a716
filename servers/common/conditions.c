#include "conditions.h"

#include "http_date.h"
#include "http_etag.h"

#include <time.h>

/* What is known of a list of tags, which may go on in another field. */
struct tag_list {
    const char *etag; /* that is looked for */
    bool strongly;
    bool found, star, tags, malformed;
};

/* #entity-tag, or "*" (RFC 9110, section 13.1.1); a comma within a tag is part of it, and elements
 * may be empty (section 5.6.1.2). */
static void look_through(struct tag_list *list, struct http_text rest)
{
    struct http_text tag;
    while ((rest = http_text_trimmed(rest)).length > 0 && !list->malformed) {
        if (*rest.at == '*') {
            list->star = true;
            rest.at++;
            rest.length--;
        } else if (http_etag_cut(&rest, &tag)) {
            list->tags = true;
            list->found |= http_etag_matches(tag, list->etag, list->strongly);
        }
        rest = http_text_trimmed(rest);
        list->malformed = rest.length > 0 && *rest.at != ',';
        if (rest.length > 0) {
            rest.at++;
            rest.length--;
        }
    }
}

/* Whether the representation is in the list of a field. first: as it is noted in the request. */
static bool is_listed(const struct http_request *request, const char *name, struct http_text first,
                      const char *etag, bool strongly)
{
    struct tag_list list = {.etag = etag, .strongly = strongly};
    struct http_text rest = request->fields, value = first;
    do
        look_through(&list, value);
    while (request->repeats && http_fields_named(&rest, name, &value));
    if (list.malformed || (list.star && list.tags))
        return false;
    return list.star || list.found;
}

/* Whether there is a date in the field, and one to compare it with. */
static bool is_date(struct http_text field, int64_t last_modified, int64_t *date)
{
    return field.at != NULL && last_modified >= 0 &&
           http_date_parse(field, (int64_t)time(NULL), date);
}

enum condition_result conditions_check(const struct http_request *request, bool is_safe_method,
                                       const char *etag, int64_t last_modified)
{
    const struct http_request *r = request;
    int64_t date;
    if (r->if_match.at != NULL) {
        if (!is_listed(r, "If-Match", r->if_match, etag, true))
            return CONDITION_FAILED;
    } else if (is_date(r->if_unmodified_since, last_modified, &date)) {
        if (last_modified > date)
            return CONDITION_FAILED;
    }
    if (r->if_none_match.at != NULL) {
        if (is_listed(r, "If-None-Match", r->if_none_match, etag, false))
            return is_safe_method ? CONDITION_NOT_MODIFIED : CONDITION_FAILED;
    } else if (is_safe_method && is_date(r->if_modified_since, last_modified, &date)) {
        if (last_modified <= date)
            return CONDITION_NOT_MODIFIED;
    }
    return CONDITION_PROCEED;
}
