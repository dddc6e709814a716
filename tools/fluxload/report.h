/* report.h - what has been measured: as a table with a histogram, as CSV, as JSON. */
#ifndef REPORT_H
#define REPORT_H

#define REPORT_REFUSED 3 /* exit status */

/* On standard output. Returns the exit status: 1 if nothing has been measured, REPORT_REFUSED if
 * the generator has disturbed what it measured; a sentence on standard error says so. */
int report_print(void);

#endif
