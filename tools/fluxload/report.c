#include "report.h"

#include "books.h"
#include "figures.h"
#include "flux.h"
#include "plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const outcome_names[OUTCOMES] = {
    [OUTCOME_ANSWERED] = "answered", [OUTCOME_4XX] = "status_4xx",
    [OUTCOME_5XX] = "status_5xx",    [OUTCOME_REFUSED] = "refused",
    [OUTCOME_RESET] = "reset",       [OUTCOME_TIMEOUT] = "timeout",
    [OUTCOME_SHORT] = "short",       [OUTCOME_MALFORMED] = "malformed",
    [OUTCOME_TLS] = "tls",           [OUTCOME_OTHER] = "other",
    [OUTCOME_UNSENT] = "unsent",
};

/* Those that say that something was wrong. */
#define FIRST_WRONG OUTCOME_4XX
#define FIRST_LOST  OUTCOME_REFUSED
#define AFTER_LOST  OUTCOME_ABANDONED

/* ---- table ----------------------------------------------------------------------------------- */

#define PLOT_ROWS  14
#define PLOT_WIDTH 50

static const char *text_of(double seconds)
{
    static char texts[8][24];
    static unsigned next;
    next = (next + 1) % 8;
    return sim_time_text(seconds, texts[next], sizeof texts[next]);
}

static void print_times(const char *name, const struct sim_histogram *histogram)
{
    printf("  %-22s", name);
    for (unsigned i = 0; i < SHARES; i++)
        printf(" %10s", text_of(sim_histogram_quantile(histogram, figures_shares[i])));
    printf(" %10s\n", text_of(histogram->most));
}

static void print_wrong(void)
{
    const char *before = "  errors                ";
    for (unsigned i = FIRST_WRONG; i < AFTER_LOST; i++) {
        if (books.outcomes[i] > 0) {
            printf("%s %llu %s", before, (unsigned long long)books.outcomes[i], outcome_names[i]);
            before = ",";
        }
    }
    if (books.outcomes[OUTCOME_OTHER] > 0)
        printf(" (%s)", flux_strerror(books.error));
    printf("%s", *before == ',' ? "\n" : "");
}

/* Rows of equal ratio. */
static void plot(const struct sim_histogram *histogram)
{
    double low = sim_histogram_quantile(histogram, 0.0005), high = histogram->most * 1.0001;
    double counts[PLOT_ROWS], most = 0;
    if (!(low > 0) || high <= low)
        low = high / 2;
    for (unsigned i = 0; i < PLOT_ROWS; i++) {
        double from = i == 0 ? 0 : low * pow(high / low, (double)i / PLOT_ROWS);
        double to = low * pow(high / low, (double)(i + 1) / PLOT_ROWS);
        counts[i] = sim_histogram_below(histogram, to) - sim_histogram_below(histogram, from);
        most = counts[i] > most ? counts[i] : most;
    }
    printf("\n  response up to\n");
    for (unsigned i = 0; i < PLOT_ROWS; i++) {
        double to = low * pow(high / low, (double)(i + 1) / PLOT_ROWS);
        unsigned width = (unsigned)ceil(PLOT_WIDTH * counts[i] / most - 0.25);
        printf("  %14s %6.2f %% ", text_of(to), 100 * counts[i] / (double)histogram->count);
        for (unsigned k = 0; k < width; k++)
            putchar('#');
        putchar('\n');
    }
}

static void print_table(const struct figures *figures)
{
    printf("%s: %s, seed %llu\n\n", plan.url, plan.load, (unsigned long long)plan.seed);
    printf("  answers               %s %llu in %s: %.6g a second", "",
           (unsigned long long)books.answered, text_of(figures->time), figures->throughput.mean);
    if (isfinite(figures->throughput.half_width))
        printf(" +- %.2g %%", 100 * figures->throughput.half_width / figures->throughput.mean);
    printf("\n  requests               %llu planned, %llu on %llu new connections",
           (unsigned long long)books.planned, (unsigned long long)books.finished,
           (unsigned long long)books.made);
    if (books.retried > 0)
        printf(", %llu twice, their connection having been closed",
               (unsigned long long)books.retried);
    if (books.waited > 0)
        printf(", %llu waited for one", (unsigned long long)books.waited);
    printf("\n");
    print_wrong();
    printf("  mean                   %s", text_of(figures->mean.mean));
    if (isfinite(figures->mean.half_width))
        printf(" +- %s", text_of(figures->mean.half_width));
    printf("; %.4g requests under way; %.4g MB a second\n\n", figures->requests,
           (double)books.bytes / figures->time / 1e6);
    printf("  %-22s %10s %10s %10s %10s %10s\n", "", "50 %", "90 %", "99 %", "99.9 %", "most");
    print_times("from its planned time", &books.response);
    print_times("from its sending", &books.service);
    if (books.lag.count > 0)
        print_times("lag of the generator", &books.lag);
    printf("  cpu of the generator   %.0f %%\n", 100 * figures->cpu);
    if (figures->saturated)
        printf("  saturated              more was asked for than was answered: no steady state\n");
    if (books.response.count > 0)
        plot(&books.response);
}

/* ---- CSV ------------------------------------------------------------------------------------- */

static void print_csv_number(double value)
{
    if (isfinite(value))
        printf(",%.9g", value);
    else
        printf(",nan");
}

static void print_csv_estimate(const struct sim_estimate *estimate)
{
    print_csv_number(estimate->mean);
    print_csv_number(estimate->half_width);
}

/* The simulator's columns, of which some are not known of a server, and then ours. */
static void print_csv(const struct figures *figures)
{
    printf("runtime,cores,load,saturated,throughput,throughput_half,mean,mean_half,p50,p50_half,"
           "p90,p90_half,p99,p99_half,p999,p999_half,requests,lost,failed,cores_used,"
           "executors_used,helpers_used,disks_used,bottleneck,bottleneck_used,"
           "service_p50,service_p90,service_p99,service_p999,lag_p50,lag_p99,lag_most,cpu");
    for (unsigned i = FIRST_WRONG; i < AFTER_LOST; i++)
        printf(",%s", outcome_names[i]);
    printf("\n%s,%s,%.9g,%d", plan.label,
           strcmp(plan.label_cores, "null") == 0 ? "" : plan.label_cores, figures->load,
           figures->saturated);
    print_csv_estimate(&figures->throughput);
    print_csv_estimate(&figures->mean);
    for (unsigned i = 0; i < SHARES; i++)
        print_csv_estimate(&figures->quantiles[i]);
    print_csv_number(figures->requests);
    print_csv_number(figures->lost);
    printf(",%llu,,,,,,", (unsigned long long)figures->failed);
    for (unsigned i = 0; i < SHARES; i++)
        print_csv_number(sim_histogram_quantile(&books.service, figures_shares[i]));
    print_csv_number(sim_histogram_quantile(&books.lag, 0.5));
    print_csv_number(sim_histogram_quantile(&books.lag, 0.99));
    print_csv_number(books.lag.most);
    print_csv_number(figures->cpu);
    for (unsigned i = FIRST_WRONG; i < AFTER_LOST; i++)
        printf(",%llu", (unsigned long long)books.outcomes[i]);
    printf("\n");
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void print_string(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ')
            printf("\\u%04x", (unsigned char)*text);
        else
            printf("%s%c", *text == '"' || *text == '\\' ? "\\" : "", *text);
    }
    putchar('"');
}

static void print_number(const char *name, double value)
{
    if (isfinite(value))
        printf(", \"%s\": %.12g", name, value);
    else
        printf(", \"%s\": null", name);
}

static void print_estimate(const char *name, const struct sim_estimate *estimate)
{
    printf(", \"%s\": {\"mean\": %.12g", name, estimate->mean);
    print_number("half_width", estimate->half_width);
    printf("}");
}

static void print_histogram(const char *name, const struct sim_histogram *histogram)
{
    printf(", \"%s\": {\"mean\": %.12g", name,
           histogram->count > 0 ? histogram->sum / (double)histogram->count : 0);
    for (unsigned i = 0; i < SHARES; i++)
        print_number(figures_names[i], sim_histogram_quantile(histogram, figures_shares[i]));
    print_number("most", histogram->most);
    printf("}");
}

/* From and to in nanoseconds, and how often, as in a profile; neighbours in one row while a row is
 * less than a twentieth of its value wide. */
static void print_buckets(const struct sim_histogram *histogram)
{
    const char *before = "";
    double below = sim_histogram_below(histogram, 1e-9), from = 0, to = 1e-9;
    printf(", \"histogram\": [");
    for (double seen = 0; seen < (double)histogram->count && to < SIM_TIME_MOST;) {
        if (below > seen)
            printf("%s[%.0f, %.0f, %.0f]", before, from * 1e9, to * 1e9, below - seen);
        before = below > seen ? ", " : before;
        seen = below;
        from = to;
        to = ceil(to * 1.05 * 1e9) * 1e-9;
        below = round(sim_histogram_below(histogram, to));
    }
    printf("]");
}

/* The simulator's, where "kind" is "predicted"; what is not known of a server is null. */
static void print_json(const struct figures *figures)
{
    printf("{\"format\": 1, \"kind\": \"measured\", \"program\": ");
    print_string(plan.url);
    printf(", \"workload\": ");
    print_string(plan.load);
    printf(", \"seed\": %llu, \"confidence\": %g, \"points\": [\n  {\"runtime\": ",
           (unsigned long long)plan.seed, FIGURES_CONFIDENCE);
    print_string(plan.label);
    printf(", \"cores\": %s, \"load\": %.12g, \"saturated\": %s", plan.label_cores, figures->load,
           figures->saturated ? "true" : "false");
    print_estimate("throughput", &figures->throughput);
    print_estimate("mean", &figures->mean);
    for (unsigned i = 0; i < SHARES; i++)
        print_estimate(figures_names[i], &figures->quantiles[i]);
    print_estimate("requests", &(struct sim_estimate){figures->requests, NAN});
    print_estimate("lost", &(struct sim_estimate){figures->lost, NAN});
    printf(", \"cores_used\": null, \"executors_used\": null, \"helpers_used\": null, "
           "\"disks_used\": null, \"bottleneck\": null, \"bottleneck_used\": null, "
           "\"constraints\": {}, \"replications\": 1, \"batches\": %u",
           BATCHES);
    print_number("warm_up", (double)plan.warm_up * 1e-9);
    print_number("end", figures->time);
    printf(", \"completed\": %llu, \"failed\": %llu", (unsigned long long)books.answered,
           (unsigned long long)figures->failed);
    printf(", \"planned\": %llu, \"connections\": %llu, \"retried\": %llu, \"waited\": %llu, "
           "\"bytes\": %llu",
           (unsigned long long)books.planned, (unsigned long long)books.made,
           (unsigned long long)books.retried, (unsigned long long)books.waited,
           (unsigned long long)books.bytes);
    print_number("most", books.response.most);
    print_histogram("service", &books.service);
    print_histogram("lag", &books.lag);
    print_number("cpu", figures->cpu);
    print_buckets(&books.response);
    printf(", \"disturbed\": %s, \"errors\": {", figures_disturbed(figures) ? "true" : "false");
    for (unsigned i = FIRST_WRONG; i < AFTER_LOST; i++)
        printf("%s\"%s\": %llu", i > FIRST_WRONG ? ", " : "", outcome_names[i],
               (unsigned long long)books.outcomes[i]);
    printf("}}\n]}\n");
}

/* ---- all of it ------------------------------------------------------------------------------- */

int report_print(void)
{
    struct figures figures;
    if (books.finished == 0) {
        flux_log(FLUX_ERROR, "nothing was measured: %s",
                 books.planned > 0 ? "no request has come to its end"
                                   : "no request came within the measured time");
        return 1;
    }
    figures_make(&figures);
    const char *why = figures_disturbed(&figures);
    if (why != NULL)
        flux_log(plan.force ? FLUX_WARNING : FLUX_ERROR, "%s%s", why,
                 plan.force ? ""
                            : "; give it more CPUs (--loops), ask for less, or take it as it "
                              "is (--force)");
    if (why != NULL && !plan.force)
        return REPORT_REFUSED;
    if (plan.format == FORMAT_JSON)
        print_json(&figures);
    else if (plan.format == FORMAT_CSV)
        print_csv(&figures);
    else
        print_table(&figures);
    return 0;
}
