// cplusplus.flux - nodes in C++.
//
// The generated header declares all nodes extern "C", so some files may be C and others C++. Objects
// of C++ pass by pointer, under a name that C can declare too (words.h). Exceptions must not leave a
// node: C does not know them.

%{
#include "words.h"
%}

Texts () => (const char *text);
Split (const char *text) => (struct words *words);
Sort (struct words *words) => (struct words *words);
Print (struct words *words) => ();

source Texts => Tidy;
Tidy = Split -> Sort -> Print;
