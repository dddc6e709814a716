/* The nodes of shapes.flux. */
#include "include_flux.h"

bool IsRound(struct shape shape)
{
    return shape.kind == CIRCLE;
}

int MeasureCircle(MeasureCircle_in *in, MeasureCircle_out *out)
{
    double radius = in->shape.size / 2;

    *out = (MeasureCircle_out){.name = "circle", .area = 3.14159265 * radius * radius};
    return 0;
}

int MeasureSquare(MeasureSquare_in *in, MeasureSquare_out *out)
{
    *out = (MeasureSquare_out){.name = "square", .area = in->shape.size * in->shape.size};
    return 0;
}
