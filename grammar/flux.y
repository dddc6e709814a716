/* flux.y - the grammar of Flux: text to declarations (fluxc/ast.h), without any meaning.
 *
 * Keywords are contextual (R2): the scanner always gives a keyword's own token, and `name` takes
 * all of them. Lists are left-recursive, so that only parentheses use the parser's stack.
 */
%require "3.8"
%define api.prefix {flux_yy}
%define api.pure full
%define api.location.type {struct span}
%define api.token.prefix {TOKEN_}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%parse-param {struct syntax *syntax}
%lex-param {struct syntax *syntax}

%code requires {
#include "syntax.h"
}

%code top {
/* Parentheses deeper than this are a mistake or malice. The stack grows on the heap. */
#define YYMAXDEPTH 10000
}

%code {
#include <string.h>

/* Defined by the scanner. */
int flux_yyscan(YYSTYPE *value, struct span *span, struct syntax *syntax);
#define flux_yylex flux_yyscan

static void flux_yyerror(struct span *span, struct syntax *syntax, const char *message);

#define YYLLOC_DEFAULT(result, parts, count)                                                       \
    ((result) = (count) > 0 ? join(YYRHSLOC(parts, 1), YYRHSLOC(parts, count))                     \
                            : empty_after(YYRHSLOC(parts, 0)))

static struct span join(struct span first, struct span last)
{
    first.end = last.end;
    return first;
}

static struct span empty_after(struct span span)
{
    span.begin = span.end;
    return span;
}

#define ARENA (syntax->program->arena)

static struct decl *make(struct syntax *syntax, enum decl_kind kind, struct span span,
                         struct word name)
{
    struct decl *decl = arena_alloc(ARENA, sizeof *decl);
    decl->kind = kind;
    decl->span = span;
    decl->name = name;
    return decl;
}

static struct words words_of(struct arena *arena, struct word word)
{
    struct word_link *link = arena_alloc(arena, sizeof *link);
    link->word = word;
    return (struct words){link, link, 1};
}

static struct words words_join(struct words words, struct words more)
{
    words.last->next = more.first;
    words.last = more.last;
    words.count += more.count;
    return words;
}

static struct params params_of(struct arena *arena, struct words words, char unfit,
                               struct span span)
{
    struct param *param = arena_alloc(arena, sizeof *param);
    *param = (struct param){.words = words, .unfit = unfit, .span = span};
    return (struct params){param, param, 1};
}

static struct params params_join(struct params params, struct params more)
{
    params.last->next = more.first;
    params.last = more.last;
    params.count += more.count;
    return params;
}

static struct uses uses_of(struct arena *arena, struct word name, char mode, struct word scope)
{
    struct use *use = arena_alloc(arena, sizeof *use);
    *use = (struct use){.name = name, .mode = mode, .scope = scope};
    return (struct uses){use, use};
}

static struct uses uses_join(struct uses uses, struct uses more)
{
    uses.last->next = more.first;
    uses.last = more.last;
    return uses;
}
}

%union {
    struct word word;
    struct words words;
    struct params params;
    struct uses uses;
    struct decl *decl;
    char sign;
}

%token <word> WORD "a name" NUMBER "a number" TEXT "a file name in quotes"
%token <word> PREAMBLE "'%{'"
%token <word> SOURCE "'source'" TYPEDEF "'typedef'" HANDLE "'handle'" ERROR "'error'"
              ATOMIC "'atomic'" BLOCKING "'blocking'" AWAIT "'await'" READABLE "'readable'"
              WRITABLE "'writable'" WITHIN "'within'" REPEAT "'repeat'" INITIAL "'initial'"
              FINAL "'final'" INCLUDE "'include'" PARALLEL "'parallel'" EVERY "'every'"
              SESSION "'session'" FINALLY "'finally'"
%token ARROW "'=>'" FLOW "'->'"
%token <word> STAR "'*'"
%token '(' "'('" ')' "')'" '[' "'['" ']' "']'" '{' "'{'" '}' "'}'" '=' "'='" ':' "':'" ';' "';'"
       ',' "','" '?' "'?'" '!' "'!'"
%token END 0 "the end of the file"

%type <word> name pattern session last scope
%type <words> words body flow step patterns names failing
%type <params> params param_list param
%type <uses> uses use
%type <sign> unfit bracket mode
%type <decl> statement source await limit

%%

program:
    %empty
  | program declaration { syntax->statement = @declaration.end; }
  ;

declaration:
    statement ';' { syntax_declare(syntax, $statement); }
  | PREAMBLE { syntax_declare(syntax, make(syntax, DECL_PREAMBLE, @$, $1)); }
  | ';'
  | error ';' {
        syntax_broken(syntax, syntax->statement, @2.begin);
        yyerrok;
    }
  ;

/* Every keyword. */
name:
    WORD | SOURCE | TYPEDEF | HANDLE | ERROR | ATOMIC | BLOCKING | AWAIT | READABLE | WRITABLE
  | WITHIN | REPEAT | INITIAL | FINAL | INCLUDE | PARALLEL | EVERY | SESSION | FINALLY
  ;

statement:
    name '(' params ')' ARROW '(' params ')' {
        $$ = make(syntax, DECL_SIGNATURE, @$, $name);
        $$->signature.inputs = $3;
        $$->signature.outputs = $7;
    }
  | name '=' body {
        $$ = make(syntax, DECL_BODY, @$, $name);
        $$->body.members = $body;
        $$->body.head = @name;
    }
  | name ':' '[' patterns ']' '=' body {
        $$ = make(syntax, DECL_BODY, @$, $name);
        $$->body.head = join(@name, @5);
        $$->body.patterns = $patterns;
        $$->body.members = $body;
    }
  | SOURCE source ARROW name last {
        $$ = $source;
        $$->span = @$;
        $$->source.target = $name;
        $$->source.last = $last;
    }
  | TYPEDEF name[type] name[function] {
        $$ = make(syntax, DECL_PREDICATE, @$, $type);
        $$->function = $function;
    }
  | HANDLE ERROR failing ARROW name {
        $$ = make(syntax, DECL_HANDLER, @$, $name);
        $$->handler.nodes = $failing;
        $$->handler.target = $name;
    }
  | ATOMIC name ':' '{' uses '}' {
        $$ = make(syntax, DECL_ATOMIC, @$, $name);
        $$->uses = $uses;
    }
  | BLOCKING names {
        $$ = make(syntax, DECL_BLOCKING, @$, $names.first->word);
        $$->nodes = $names;
    }
  | AWAIT name ':' await {
        $$ = $await;
        $$->span = @$;
        $$->name = $name;
    }
  | REPEAT name ':' '[' patterns ']' {
        $$ = make(syntax, DECL_REPEAT, @$, $name);
        $$->patterns = $patterns;
    }
  | INITIAL name { $$ = make(syntax, DECL_INITIAL, @$, $name); }
  | FINAL name { $$ = make(syntax, DECL_FINAL, @$, $name); }
  | INCLUDE TEXT { $$ = make(syntax, DECL_INCLUDE, @$, $TEXT); }
  ;

/* ---- signatures: any C type text and a name (R5) ---- */

params:
    %empty { $$ = (struct params){0}; }
  | param_list
  ;

param_list:
    param
  | param_list ',' param { $$ = params_join($1, $3); }
  ;

param:
    words { $$ = params_of(ARENA, $words, 0, @$); }
  | words unfit { $$ = params_of(ARENA, $words, $unfit, @$); }
  ;

words:
    name { $$ = words_of(ARENA, $1); }
  | STAR { $$ = words_of(ARENA, $1); }
  | words name { $$ = words_join($1, words_of(ARENA, $2)); }
  | words STAR { $$ = words_join($1, words_of(ARENA, $2)); }
  ;

/* What C could have here and Flux cannot, so that the message can say so. */
unfit:
    bracket
  | unfit bracket
  ;

bracket:
    '[' inside ']' { $$ = '['; }
  | '(' inside ')' { $$ = '('; }
  ;

inside:
    %empty
  | inside name
  | inside NUMBER
  | inside STAR
  | inside ','
  | inside bracket
  ;

/* ---- bodies ---- */

body:
    %empty { $$ = (struct words){0}; }
  | flow
  ;

flow:
    step
  | flow FLOW step { $$ = words_join($1, $3); }
  ;

step:
    name { $$ = words_of(ARENA, $1); }
  | '(' flow ')' { $$ = $2; }
  ;

patterns:
    pattern { $$ = words_of(ARENA, $1); }
  | patterns ',' pattern { $$ = words_join($1, words_of(ARENA, $3)); }
  ;

pattern:
    name
  | STAR
  ;

/* ---- sources ---- */

source:
    name session {
        $$ = make(syntax, DECL_SOURCE, @$, $name);
        $$->source.function = $session;
    }
  | PARALLEL name session {
        $$ = make(syntax, DECL_SOURCE, @$, $name);
        $$->source.function = $session;
        $$->source.parallel = true;
    }
  | EVERY NUMBER name[unit] {
        $$ = make(syntax, DECL_CLOCK, @$, $1);
        $$->source.number = $NUMBER;
        $$->source.unit = $unit;
    }
  ;

session:
    %empty { $$ = (struct word){0}; }
  | '{' SESSION ':' name '}' { $$ = $name; }
  ;

last:
    %empty { $$ = (struct word){0}; }
  | FINALLY name { $$ = $name; }
  ;

/* ---- what is said of nodes ---- */

names:
    name { $$ = words_of(ARENA, $1); }
  | names ',' name { $$ = words_join($1, words_of(ARENA, $3)); }
  ;

failing:
    pattern { $$ = words_of(ARENA, $1); }
  | failing ',' pattern { $$ = words_join($1, words_of(ARENA, $3)); }
  ;

uses:
    use
  | uses ',' use { $$ = uses_join($1, $3); }
  ;

use:
    name mode scope { $$ = uses_of(ARENA, $name, $mode, $scope); }
  ;

mode:
    %empty { $$ = 0; }
  | '?' { $$ = '?'; }
  | '!' { $$ = '!'; }
  ;

scope:
    %empty { $$ = (struct word){0}; }
  | '(' name ')' { $$ = $name; }
  ;

await:
    READABLE '(' name ')' limit {
        $$ = $limit;
        $$->await.fd = $name;
    }
  | WRITABLE '(' name ')' limit {
        $$ = $limit;
        $$->await.fd = $name;
        $$->await.writable = true;
    }
  ;

limit:
    %empty { $$ = make(syntax, DECL_AWAIT, @$, (struct word){0}); }
  | WITHIN NUMBER name[unit] {
        $$ = make(syntax, DECL_AWAIT, @$, (struct word){0});
        $$->await.number = $NUMBER;
        $$->await.unit = $unit;
    }
  | WITHIN name {
        $$ = make(syntax, DECL_AWAIT, @$, (struct word){0});
        $$->await.limit = $name;
    }
  ;

%%

static void flux_yyerror(struct span *span, struct syntax *syntax, const char *message)
{
    (void)message; /* bison's only one: "memory exhausted" */
    syntax_too_deep(syntax, *span);
}

/* Where a name may stand any keyword may, which nobody wants to read; nor that the grammar takes
 * arrays and functions as fields, since that is to be refused later with better words. */
static int yyreport_syntax_error(const yypcontext_t *context, struct syntax *syntax)
{
    yysymbol_kind_t kinds[YYNTOKENS];
    const char *expected[YYNTOKENS];
    int count = yypcontext_expected_tokens(context, kinds, YYNTOKENS);
    bool any_name = false, any_star = false, any_comma = false;
    for (int i = 0; i < count; i++) {
        any_name |= kinds[i] == YYSYMBOL_WORD;
        any_star |= kinds[i] == YYSYMBOL_STAR;
        any_comma |= strcmp(yysymbol_name(kinds[i]), "','") == 0;
    }
    unsigned kept = 0;
    for (int i = 0; i < count; i++) {
        const char *description = yysymbol_name(kinds[i]);
        bool keyword = kinds[i] >= YYSYMBOL_SOURCE && kinds[i] <= YYSYMBOL_FINALLY;
        bool bracket = strcmp(description, "'('") == 0 || strcmp(description, "'['") == 0;
        bool in_fields = any_star && any_comma;
        if (!(keyword && any_name) && !(bracket && in_fields))
            expected[kept++] = description;
    }
    syntax_unexpected(syntax, *yypcontext_location(context), expected, kept);
    return 0;
}
