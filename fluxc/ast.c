#include "ast.h"

#include "passes.h"

/* fluxc -da: the declarations as Flux again, one to a line, laid out in one way. */

static void print_list(struct text *out, const struct words *words, const char *between)
{
    for (const struct word_link *link = words->first; link != NULL; link = link->next)
        text_print(out, "%s%s", link == words->first ? "" : between, link->word.text);
}

static void print_params(struct text *out, const struct params *params)
{
    text_print(out, "(");
    for (const struct param *param = params->first; param != NULL; param = param->next) {
        text_print(out, "%s", param == params->first ? "" : ", ");
        print_list(out, &param->words, " ");
        if (param->unfit != 0)
            text_print(out, " %c%c", param->unfit, param->unfit == '[' ? ']' : ')');
    }
    text_print(out, ")");
}

static void print_target(struct text *out, const struct decl *decl)
{
    text_print(out, " => %s", decl->source.target.text);
    if (decl->source.last.text != NULL)
        text_print(out, " finally %s", decl->source.last.text);
}

static void print_uses(struct text *out, const struct uses *uses)
{
    for (const struct use *use = uses->first; use != NULL; use = use->next) {
        text_print(out, "%s%s", use == uses->first ? "" : ", ", use->name.text);
        if (use->mode != 0)
            text_print(out, "%c", use->mode);
        if (use->scope.text != NULL)
            text_print(out, "(%s)", use->scope.text);
    }
}

static void print_await(struct text *out, const struct decl *decl)
{
    text_print(out, "await %s: %s(%s)", decl->name.text,
               decl->await.writable ? "writable" : "readable", decl->await.fd.text);
    if (decl->await.number.text != NULL)
        text_print(out, " within %s %s", decl->await.number.text, decl->await.unit.text);
    else if (decl->await.limit.text != NULL)
        text_print(out, " within %s", decl->await.limit.text);
}

static void print_body(struct text *out, const struct decl *decl)
{
    text_print(out, "%s", decl->name.text);
    if (decl->body.patterns.count > 0) {
        text_print(out, ":[");
        print_list(out, &decl->body.patterns, ", ");
        text_print(out, "]");
    }
    text_print(out, " =%s", decl->body.members.count > 0 ? " " : "");
    print_list(out, &decl->body.members, " -> ");
}

static void print_decl(struct text *out, const struct decl *decl)
{
    switch (decl->kind) {
    case DECL_SIGNATURE:
        text_print(out, "%s ", decl->name.text);
        print_params(out, &decl->signature.inputs);
        text_print(out, " => ");
        print_params(out, &decl->signature.outputs);
        break;
    case DECL_BODY:
        print_body(out, decl);
        break;
    case DECL_SOURCE:
        text_print(out, "source %s%s", decl->source.parallel ? "parallel " : "", decl->name.text);
        if (decl->source.function.text != NULL)
            text_print(out, " {session: %s}", decl->source.function.text);
        print_target(out, decl);
        break;
    case DECL_CLOCK:
        text_print(out, "source every %s %s", decl->source.number.text, decl->source.unit.text);
        print_target(out, decl);
        break;
    case DECL_PREDICATE:
        text_print(out, "typedef %s %s", decl->name.text, decl->function.text);
        break;
    case DECL_HANDLER:
        text_print(out, "handle error ");
        print_list(out, &decl->handler.nodes, ", ");
        text_print(out, " => %s", decl->handler.target.text);
        break;
    case DECL_ATOMIC:
        text_print(out, "atomic %s:{", decl->name.text);
        print_uses(out, &decl->uses);
        text_print(out, "}");
        break;
    case DECL_BLOCKING:
        text_print(out, "blocking ");
        print_list(out, &decl->nodes, ", ");
        break;
    case DECL_AWAIT:
        print_await(out, decl);
        break;
    case DECL_REPEAT:
        text_print(out, "repeat %s:[", decl->name.text);
        print_list(out, &decl->patterns, ", ");
        text_print(out, "]");
        break;
    case DECL_INITIAL:
    case DECL_FINAL:
        text_print(out, "%s %s", decl->kind == DECL_INITIAL ? "initial" : "final", decl->name.text);
        break;
    case DECL_INCLUDE: /* replaced */
        break;
    case DECL_PREAMBLE:
        text_print(out, "%%{%s%%}\n", decl->name.text);
        return;
    }
    text_print(out, ";\n");
}

void dump_ast(const struct ast *ast, struct text *out)
{
    for (unsigned i = 0; i < ast->declarations.count; i++)
        print_decl(out, ast->declarations.at[i]);
}
