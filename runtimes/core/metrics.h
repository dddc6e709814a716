/* metrics.h - numbers for /metrics, in the text format of Prometheus (exposition format 0.0.4). */
#ifndef FLUXI_METRICS_H
#define FLUXI_METRICS_H

#include <stdio.h>

enum fluxi_metric_type { FLUXI_COUNTER, FLUXI_GAUGE, FLUXI_HISTOGRAM };

/* The head of a metric. By convention a counter's name ends in _total, and units are base units. */
void fluxi_metric_head(FILE *out, const char *name, enum fluxi_metric_type type, const char *help);
/* A text as the value of a label stands between its quotes. */
void fluxi_metric_label(FILE *out, const char *text);
/* A metric that is one number. */
void fluxi_metric(FILE *out, const char *name, enum fluxi_metric_type type, const char *help,
                  double value);

/* All of them. */
void fluxi_metrics_print(FILE *out);

#endif
