#include "spread.h"

static double middle(const struct part *part)
{
    return (part->from + part->to) / 2;
}

void spread_add(struct arena *arena, struct spread *histogram, const struct spread *other,
                double times)
{
    struct spread sum = {0};
    unsigned a = 0, b = 0;
    while (a < histogram->parts.count || b < other->parts.count) {
        const struct part *mine = a < histogram->parts.count ? &histogram->parts.at[a] : NULL;
        const struct part *its = b < other->parts.count ? &other->parts.at[b] : NULL;
        struct part part;
        if (its == NULL || (mine != NULL && mine->from < its->from)) {
            part = *mine;
            a++;
        } else {
            part = *its;
            part.count *= times;
            b++;
            if (mine != NULL && mine->from <= its->from) {
                part.count += mine->count;
                a++;
            }
        }
        if (part.count > 0)
            vector_push(arena, &sum.parts, part);
    }
    *histogram = sum;
}

double spread_count(const struct spread *histogram)
{
    double count = 0;
    for (unsigned i = 0; i < histogram->parts.count; i++)
        count += histogram->parts.at[i].count;
    return count;
}

double spread_mean(const struct spread *histogram)
{
    double count = 0, sum = 0;
    for (unsigned i = 0; i < histogram->parts.count; i++) {
        const struct part *part = &histogram->parts.at[i];
        count += part->count;
        sum += part->count * middle(part);
    }
    return count > 0 ? sum / count : 0;
}

double spread_variation(const struct spread *histogram)
{
    double count = 0, squares = 0, mean = spread_mean(histogram);
    for (unsigned i = 0; i < histogram->parts.count; i++) {
        const struct part *part = &histogram->parts.at[i];
        double off = middle(part) - mean;
        count += part->count;
        squares += part->count * off * off;
    }
    return count > 0 && mean > 0 ? squares / count / (mean * mean) : 0;
}

double spread_quantile(const struct spread *histogram, double share)
{
    double below = 0, wanted = share * spread_count(histogram);
    for (unsigned i = 0; i < histogram->parts.count; i++) {
        const struct part *part = &histogram->parts.at[i];
        if (below + part->count >= wanted)
            return part->from + (part->to - part->from) * (wanted - below) / part->count;
        below += part->count;
    }
    return below > 0 ? histogram->parts.at[histogram->parts.count - 1].to : 0;
}
