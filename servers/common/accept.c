#include "accept.h"

/* Weights in thousandths. */
enum { UNNAMED = -1, WHOLE = 1000 };

struct weights {
    int gzip, identity, others; /* others: of "*" */
};

/* qvalue of section 12.4.2: 0 to 1, with up to three digits. */
static bool parse_weight(struct http_text text, int *weight)
{
    int unit = WHOLE;
    *weight = 0;
    if (text.length == 0 || text.length > strlen("0.000") || (text.length > 1 && text.at[1] != '.'))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (i == 1)
            continue;
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        *weight += (text.at[i] - '0') * unit;
        unit /= 10;
    }
    return *weight <= WHOLE;
}

/* codings [ OWS ";" OWS "q=" qvalue ] */
static void note_element(struct weights *weights, struct http_text element)
{
    struct http_text coding, name;
    int weight = WHOLE;
    http_text_cut(&element, ';', &coding);
    coding = http_text_trimmed(coding);
    if (element.at != NULL) {
        element = http_text_trimmed(element);
        if (!http_text_cut(&element, '=', &name) || !http_text_is_nocase(name, "q") ||
            element.at == NULL || !parse_weight(element, &weight))
            return;
    }
    /* Section 8.4.1.3: x-gzip is gzip. */
    if (http_text_is_nocase(coding, "gzip") || http_text_is_nocase(coding, "x-gzip"))
        weights->gzip = weight;
    else if (http_text_is_nocase(coding, "identity"))
        weights->identity = weight;
    else if (http_text_is(coding, "*"))
        weights->others = weight;
}

enum accept_encoding accept_encoding(const struct http_request *request)
{
    struct weights weights = {UNNAMED, UNNAMED, UNNAMED};
    struct http_text rest = request->fields, value = request->accept_encoding, element;
    if (value.at == NULL)
        return ACCEPT_IDENTITY;
    do
        while (http_text_cut(&value, ',', &element))
            note_element(&weights, element);
    while (request->repeats && http_fields_named(&rest, "Accept-Encoding", &value));

    /* What is not named is as acceptable as the others; without a word about these gzip is not, and
     * identity is, after all that is named. */
    const bool named = weights.gzip != UNNAMED;
    const int gzip = named ? weights.gzip : weights.others;
    const int identity = weights.identity != UNNAMED ? weights.identity : weights.others;
    if (gzip > 0 && (gzip > identity || (gzip == identity && named)))
        return ACCEPT_GZIP;
    return identity != 0 ? ACCEPT_IDENTITY : ACCEPT_NOTHING;
}

bool accept_gzip(const struct http_request *request)
{
    return accept_encoding(request) == ACCEPT_GZIP;
}
