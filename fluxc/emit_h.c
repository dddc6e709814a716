/* emit_h.c - x_flux.h: the contract between the flow and its nodes (R3, R7, R18, R17).
 *
 * Each declaration is mapped to its place in the .flux file, so that the C compiler's complaints
 * about an unknown type or a node of another shape speak of the user's text.
 */
#include "emit.h"
#include "table.h"

#include <ctype.h>
#include <string.h>

struct header {
    const struct program *program;
    const struct emit_options *options;
    struct text *out;
    const struct source_file *file; /* of the last #line */
};

static void line_of(struct header *h, struct span span)
{
    if (h->options->no_lines || !span.file)
        return;
    unsigned line = source_position(span.file, span.begin).line;
    if (span.file == h->file)
        text_print(h->out, "#line %u\n", line);
    else
        text_print(h->out, "#line %u \"%s\"\n", line,
                   emit_c_string(h->program->arena, span.file->name));
    h->file = span.file;
}

static const char *declarator(struct header *h, const struct field *field)
{
    return arena_printf(h->program->arena, "%s%s%s", field->type->text,
                        field->type->pointer ? "" : " ", field->name);
}

/* typedef struct Read_in { int socket; bool close; } Read_in; on one line if it fits. */
static void emit_struct(struct header *h, const struct node *node, const char *suffix,
                        const struct fields *fields)
{
    if (fields->count == 0)
        return;
    size_t length = strlen(node->name) * 2 + 30;
    for (unsigned i = 0; i < fields->count; i++)
        length += strlen(fields->at[i].type->text) + strlen(fields->at[i].name) + 3;

    if (length <= 100) {
        line_of(h, fields->at[0].span);
        text_print(h->out, "typedef struct %s_%s {", node->name, suffix);
        for (unsigned i = 0; i < fields->count; i++)
            text_print(h->out, " %s;", declarator(h, &fields->at[i]));
        text_print(h->out, " } %s_%s;\n", node->name, suffix);
        return;
    }
    text_print(h->out, "typedef struct %s_%s {\n", node->name, suffix);
    for (unsigned i = 0; i < fields->count; i++) {
        line_of(h, fields->at[i].span);
        text_print(h->out, "    %s;\n", declarator(h, &fields->at[i]));
    }
    text_print(h->out, "} %s_%s;\n", node->name, suffix);
}

static void emit_node(struct header *h, const struct node *node)
{
    text_print(h->out, "\n");
    emit_struct(h, node, "in", &node->inputs);
    emit_struct(h, node, "out", &node->outputs);
    if (node->kind != NODE_CONCRETE)
        return;
    line_of(h, node->span);
    text_print(h->out, "int %s(", node->name);
    if (node->inputs.count > 0)
        text_print(h->out, "%s_in *in%s", node->name, node->outputs.count > 0 ? ", " : "");
    if (node->outputs.count > 0)
        text_print(h->out, "%s_out *out", node->name);
    text_print(h->out, "%s);\n", node->inputs.count + node->outputs.count > 0 ? "" : "void");
}

/* Two semantic types may share a predicate: it is declared once. */
static void emit_predicates(struct header *h)
{
    const struct program *program = h->program;
    struct table declared = {0};
    for (unsigned i = 0; i < program->predicates.count; i++) {
        struct predicate *predicate = program->predicates.at[i];
        if (!predicate->type || table_get(&declared, predicate->function))
            continue;
        *table_at(program->arena, &declared, predicate->function) = predicate;
        text_print(h->out, "\n");
        line_of(h, predicate->span);
        text_print(h->out, "bool %s(%s%svalue);\n", predicate->function, predicate->type->text,
                   predicate->type->pointer ? "" : " ");
    }
}

static void emit_sessions(struct header *h)
{
    const struct program *program = h->program;
    for (unsigned i = 0; i < program->sources.count; i++) {
        const struct source *source = program->sources.at[i];
        if (!source->session)
            continue;
        text_print(h->out, "\n");
        line_of(h, source->session_span);
        text_print(h->out, "uint64_t %s(const %s_out *out);\n", source->session,
                   source->node->name);
    }
}

/* "web_flux.h" -> "FLUX_GENERATED_WEB_FLUX_H" */
static const char *guard(struct header *h)
{
    const char *slash = strrchr(h->options->h_name, '/');
    char *name = arena_printf(h->program->arena, "FLUX_GENERATED_%s",
                              slash ? slash + 1 : h->options->h_name);
    for (char *at = name; *at; at++)
        *at = (char)(isalnum((unsigned char)*at) ? toupper((unsigned char)*at) : '_');
    return name;
}

static void emit_preamble(struct header *h)
{
    const struct program *program = h->program;
    for (unsigned i = 0; i < h->options->include_count; i++)
        text_print(h->out, "#include \"%s\"\n",
                   emit_c_string(program->arena, h->options->includes[i]));
    for (unsigned i = 0; i < program->preamble.count; i++) {
        line_of(h, program->preamble_spans.at[i]);
        text_print(h->out, "%s\n", program->preamble.at[i]);
    }
    if (!h->options->no_lines && program->preamble.count > 0)
        text_print(h->out, "#line %u \"%s\"\n", h->out->lines + 2,
                   emit_c_string(program->arena, h->options->h_name));
    h->file = NULL;
}

void emit_h(const struct prog *prog, const struct emit_options *options, struct text *out)
{
    struct header h = {.program = prog->program, .options = options, .out = out};
    const char *name = guard(&h);

    text_print(out,
               "/* Generated by fluxc from %s. Do not edit.\n"
               " *\n"
               " * A node is int Name(Name_in *in, Name_out *out): it reads *in, fills in *out and "
               "returns 0 or an\n"
               " * error code. A predicate is bool Name(value).\n"
               " */\n"
               "#ifndef %s\n"
               "#define %s\n\n",
               emit_comment(h.program->arena, h.program->file->name), name, name);
    emit_preamble(&h);
    text_print(out, "#include \"flux.h\"\n\n"
                    "#include <stdbool.h>\n"
                    "#include <stddef.h>\n"
                    "#include <stdint.h>\n\n"
                    "#ifdef __cplusplus\n"
                    "extern \"C\" {\n"
                    "#endif\n");
    for (unsigned i = 0; i < h.program->nodes.count; i++)
        emit_node(&h, h.program->nodes.at[i]);
    emit_predicates(&h);
    emit_sessions(&h);
    text_print(out, "\n#ifdef __cplusplus\n"
                    "}\n"
                    "#endif\n"
                    "#endif\n");
}
