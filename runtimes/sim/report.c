/* report.c - points as a table, as CSV, as JSON, as a plot. */
#include "command.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void print_nodes(const struct flux_sim_program *program, const struct point *point)
{
    char text[2][24];
    printf("\n%-20s %14s %9s %12s %12s\n", "node", "calls/request", "errors", "core time",
           "blocked");
    for (unsigned i = 0; i < program->node_count; i++) {
        const struct node_use *node = &point->nodes[i];
        if (node->calls > 0)
            printf("%-20s %14.4g %7.3g %% %12s %12s\n", program->nodes[i].name, node->calls,
                   100 * node->errors, sim_time_text(node->cpu, text[0], sizeof text[0]),
                   sim_time_text(node->blocked, text[1], sizeof text[1]));
    }
}

static void print_table(const struct asked *asked, const struct labelled *points, unsigned count)
{
    char text[6][24];
    printf("%-7s %5s %10s %12s %9s %10s %10s %10s %10s %10s  %s\n", "runtime", "cores", "load",
           "per second", "+- %", "mean", "50 %", "90 %", "99 %", "99.9 %", "used most");
    for (unsigned i = 0; i < count; i++) {
        const struct point *point = &points[i].point;
        printf("%-7s %5u %10.6g ", points[i].runtime, points[i].cores, points[i].rate);
        if (point->saturated) {
            printf("%12.6g saturated: no steady state; %s %.0f %%\n", point->throughput.mean,
                   point->bottleneck, 100 * point->bottleneck_use);
            continue;
        }
        double wide = 100 * point->throughput.half_width / point->throughput.mean;
        printf("%12.6g %9.2g %10s", point->throughput.mean, isfinite(wide) ? wide : 0,
               sim_time_text(point->response.mean, text[0], sizeof text[0]));
        for (unsigned q = 0; q < QUANTILES; q++)
            printf(" %10s", sim_time_text(point->quantiles[q].mean, text[1], sizeof text[1]));
        printf("  %s %.0f %%", point->bottleneck, 100 * point->bottleneck_use);
        if (point->lost.mean > 0)
            printf("; %.3g %% lost", 100 * point->lost.mean);
        if (point->failed > 0)
            printf("; %llu failed", (unsigned long long)point->failed);
        printf("\n");
    }
    if (count != 1 || points->point.saturated)
        return;
    const struct point *point = &points->point;
    const struct flux_sim_program *program = asked->model.program;
    printf("\n%u replications of %llu requests, %.0f of each left out as warm-up; intervals of "
           "%.4g %%: mean +- %s, 99 %% +- %s\n",
           point->replications, (unsigned long long)asked->effort.requests, point->warm_up,
           100 * asked->effort.confidence,
           sim_time_text(point->response.half_width, text[0], sizeof text[0]),
           sim_time_text(point->quantiles[P99].half_width, text[1], sizeof text[1]));
    printf("cores %.1f %%", 100 * point->cores);
    if (asked->model.machine.kind != MACHINE_THREAD)
        printf(", %s %.1f %%", asked->model.machine.kind == MACHINE_POOL ? "workers" : "loops",
               100 * point->executors);
    if (point->helpers > 0)
        printf(", helpers %.1f %%", 100 * point->helpers);
    if (point->disks > 0)
        printf(", disks %.1f %%", 100 * point->disks);
    printf("; %.4g requests in the system (Little's law: off by %.2g %%)\n", point->requests.mean,
           100 * point->little);
    for (unsigned i = 0; i < program->constraint_count; i++)
        printf("constraint %s: held %.1f %% of the time, waited for %s on average\n",
               program->constraints[i].name, 100 * point->held[i],
               sim_time_text(point->waited[i], text[0], sizeof text[0]));
    print_nodes(program, point);
}

static void print_csv(const struct labelled *points, unsigned count)
{
    printf("runtime,cores,load,saturated,throughput,throughput_half,mean,mean_half,p50,p50_half,"
           "p90,p90_half,p99,p99_half,p999,p999_half,requests,lost,failed,cores_used,"
           "executors_used,helpers_used,disks_used,bottleneck,bottleneck_used\n");
    for (unsigned i = 0; i < count; i++) {
        const struct point *point = &points[i].point;
        printf("%s,%u,%.9g,%d,%.9g,%.9g,%.9g,%.9g", points[i].runtime, points[i].cores,
               points[i].rate, point->saturated, point->throughput.mean,
               point->throughput.half_width, point->response.mean, point->response.half_width);
        for (unsigned q = 0; q < QUANTILES; q++)
            printf(",%.9g,%.9g", point->quantiles[q].mean, point->quantiles[q].half_width);
        printf(",%.9g,%.9g,%llu,%.9g,%.9g,%.9g,%.9g,%s,%.9g\n", point->requests.mean,
               point->lost.mean, (unsigned long long)point->failed, point->cores, point->executors,
               point->helpers, point->disks, point->bottleneck, point->bottleneck_use);
    }
}

static void print_estimate(const char *name, const struct sim_estimate *estimate)
{
    if (isfinite(estimate->half_width))
        printf(", \"%s\": {\"mean\": %.12g, \"half_width\": %.12g}", name, estimate->mean,
               estimate->half_width);
    else
        printf(", \"%s\": {\"mean\": %.12g, \"half_width\": null}", name, estimate->mean);
}

static void print_json(const struct asked *asked, const struct labelled *points, unsigned count)
{
    static const char *const names[] = {"p50", "p90", "p99", "p999"};
    const struct flux_sim_program *program = asked->model.program;
    printf("{\"format\": 1, \"kind\": \"predicted\", \"program\": \"%s\", \"seed\": %llu, "
           "\"confidence\": %.12g, \"points\": [",
           program->name, (unsigned long long)asked->effort.seed, asked->effort.confidence);
    for (unsigned i = 0; i < count; i++) {
        const struct point *point = &points[i].point;
        printf("%s\n  {\"runtime\": \"%s\", \"cores\": %u, \"load\": %.12g, \"saturated\": %s",
               i > 0 ? "," : "", points[i].runtime, points[i].cores, points[i].rate,
               point->saturated ? "true" : "false");
        print_estimate("throughput", &point->throughput);
        print_estimate("mean", &point->response);
        for (unsigned q = 0; q < QUANTILES; q++)
            print_estimate(names[q], &point->quantiles[q]);
        print_estimate("requests", &point->requests);
        print_estimate("lost", &point->lost);
        printf(", \"cores_used\": %.12g, \"executors_used\": %.12g, \"helpers_used\": %.12g, "
               "\"disks_used\": %.12g, \"bottleneck\": \"%s\", \"bottleneck_used\": %.12g, "
               "\"constraints\": {",
               point->cores, point->executors, point->helpers, point->disks, point->bottleneck,
               point->bottleneck_use);
        for (unsigned k = 0; k < program->constraint_count; k++)
            printf("%s\"%s\": {\"held\": %.12g, \"waited\": %.12g}", k > 0 ? ", " : "",
                   program->constraints[k].name, point->held[k], point->waited[k]);
        printf("}, \"nodes\": {");
        const char *comma = "";
        for (unsigned n = 0; n < program->node_count; n++) {
            const struct node_use *node = &point->nodes[n];
            if (node->calls == 0)
                continue;
            printf("%s\"%s\": {\"calls\": %.12g, \"errors\": %.12g, \"cpu\": %.12g, "
                   "\"blocked\": %.12g}",
                   comma, program->nodes[n].name, node->calls, node->errors, node->cpu,
                   node->blocked);
            comma = ", ";
        }
        printf("}, \"replications\": %u, \"warm_up\": %.12g, \"end\": %.12g, \"little\": %.6g, "
               "\"completed\": %llu, \"failed\": %llu, \"events\": %llu}",
               point->replications, point->warm_up, point->end, point->little,
               (unsigned long long)point->completed, (unsigned long long)point->failed,
               (unsigned long long)point->events);
    }
    printf("\n]}\n");
}

/* Response over load, a curve for each runtime and number of cores. */
static int write_plot(const struct asked *asked, const struct labelled *points, unsigned count)
{
    FILE *file = fopen(asked->plot, "we");
    if (file == NULL)
        return command_fail("plot", asked->plot, strerror(errno));
    unsigned rates = asked->rates.count;
    fprintf(file,
            "# gnuplot -p %s\nset xlabel 'load'\nset ylabel 'response, ms'\nset logscale y\n"
            "set key left top\nset grid\n",
            asked->plot);
    for (unsigned curve = 0; curve < count / rates; curve++) {
        fprintf(file, "$c%u << end\n", curve);
        for (unsigned i = curve * rates; i < (curve + 1) * rates; i++)
            if (!points[i].point.saturated)
                fprintf(file, "%.9g %.9g %.9g %.9g\n", points[i].rate,
                        1e3 * points[i].point.response.mean,
                        1e3 * points[i].point.quantiles[P50].mean,
                        1e3 * points[i].point.quantiles[P99].mean);
        fprintf(file, "end\n");
    }
    fprintf(file, "plot ");
    for (unsigned curve = 0; curve < count / rates; curve++) {
        const struct labelled *first = &points[curve * rates];
        fprintf(file,
                "%s$c%u using 1:2 with linespoints title '%s, cores: %u, mean', "
                "$c%u using 1:4 with linespoints title '%s, cores: %u, 99 %%'",
                curve > 0 ? ", " : "", curve, first->runtime, first->cores, curve, first->runtime,
                first->cores);
    }
    fprintf(file, "\n");
    return fclose(file) == 0 ? 0 : command_fail("plot", asked->plot, strerror(errno));
}

int report_print(const struct asked *asked, const struct labelled *points, unsigned count)
{
    if (asked->format == FORMAT_JSON)
        print_json(asked, points, count);
    else if (asked->format == FORMAT_CSV)
        print_csv(points, count);
    else
        print_table(asked, points, count);
    if (fflush(stdout) != 0) {
        fprintf(stderr, "%s: standard output: %s\n", command_program_name, strerror(errno));
        return 2;
    }
    return asked->plot != NULL ? write_plot(asked, points, count) : 0;
}
