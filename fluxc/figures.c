#include "figures.h"

#include "layout.h"
#include "svg.h"

#include <stdio.h>
#include <string.h>

/* From white over yellow and orange to red, light enough for what is written on it. */
static const struct {
    double at;
    int red, green, blue;
} scale[] = {{0, 255, 255, 255}, {0.25, 255, 240, 190}, {0.6, 253, 190, 110}, {1, 240, 110, 80}};

static void colour_of(double heat, char buffer[8])
{
    unsigned i = 1;
    while (i + 1 < sizeof scale / sizeof scale[0] && heat > scale[i].at)
        i++;
    double part = (heat - scale[i - 1].at) / (scale[i].at - scale[i - 1].at);
    part = part > 1 ? 1 : part < 0 ? 0 : part;
    snprintf(buffer, 8, "#%02x%02x%02x",
             (unsigned)(scale[i - 1].red + part * (scale[i].red - scale[i - 1].red)) & 255,
             (unsigned)(scale[i - 1].green + part * (scale[i].green - scale[i - 1].green)) & 255,
             (unsigned)(scale[i - 1].blue + part * (scale[i].blue - scale[i - 1].blue)) & 255);
}

const struct figures *figures_of(const struct shape *shape)
{
    return shape->figures != NULL || shape->node == NULL ? shape->figures : shape->node->figures;
}

const char *figures_fill(const struct shape *shape, char buffer[8])
{
    const struct figures *figures = figures_of(shape);
    if (figures == NULL)
        return NULL;
    colour_of(figures->heat, buffer);
    return buffer;
}

static const char *const classes[] = {" w1", " w2", " w3", " w4", " w5", " w6", " w7", " w8"};
#define WIDTHS 8

/* The widest line is as wide as the rate is high; a line that is taken at all is to be seen. */
static const char *class_of(double rate)
{
    int width = rate <= 0 ? 0 : 1 + (int)(rate * (WIDTHS - 2) + 0.5);
    return classes[width < WIDTHS ? width : WIDTHS - 1];
}

const char *figures_class(const struct shape *shape)
{
    while (shape->kind == SHAPE_SEQUENCE)
        shape = shape->parts.at[0];
    const struct figures *figures = shape->kind != SHAPE_LINE ? figures_of(shape) : NULL;
    return figures != NULL ? class_of(figures->rate) : "";
}

const char *figures_arm_class(const struct node *node, unsigned arm)
{
    if (node->figures == NULL || node->figures->arm_rates == NULL)
        return "";
    return class_of(node->figures->arm_rates[arm]);
}

void figures_style(struct text *out)
{
    text_print(out, "  <style>\n");
    for (int i = 0; i < WIDTHS; i++)
        text_print(out, "    .w%d { stroke-width: %.1f%s }\n", i + 1, i == 0 ? 0.8 : 1.2 + 1.2 * i,
                   i == 0 ? "; stroke-opacity: 0.55" : "");
    text_print(out, "    .figure { font-size: 11px; text-anchor: middle; fill: #3e4c59 }\n"
                    "  </style>\n");
}

void figures_legend(const struct figures_legend *legend, struct text *out, int x, int y)
{
    enum { STEPS = 24, STEP = 5 };
    svg_text(out, "small", NULL, x, y + 4, "share of the time in nodes: 0");
    x += 172;
    for (int i = 0; i < STEPS; i++) {
        char colour[8];
        colour_of((double)i / (STEPS - 1), colour);
        text_print(out, "  <rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"12\" fill=\"%s\"/>\n",
                   x + i * STEP, y - 6, STEP, colour);
    }
    text_print(out,
               "  <rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"12\" fill=\"none\" "
               "stroke=\"#9aa5b1\"/>\n",
               x, y - 6, STEPS * STEP);
    x += STEPS * STEP + 8;
    svg_text(out, "small", NULL, x, y + 4, legend->most_heat);
    x += 60;
    svg_text(out, "small", NULL, x, y + 4, "flows: none");
    x += 74;
    for (int i = 0; i < WIDTHS; i++)
        svg_line(out, classes[i], (struct point){x + i * 14, y},
                 (struct point){x + i * 14 + 14, y});
    svg_text(out, "small", NULL, x + WIDTHS * 14 + 8, y + 4, legend->most_rate);
}
