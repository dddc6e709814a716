/* report.h - what has been measured: as a table with a histogram, as CSV, as JSON. */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>

/* On standard output. False: nothing, as the generator has disturbed what it measured, or nothing
 * has been measured; a sentence on standard error says so. */
bool report_print(void);

#endif
