// One unknown name; whatever depends on it is left alone.
source Listen => Serve;
Listen () => (int fd);
Serve = Parse -> Reply;
Parse = Reed -> Split;
Split (char *text) => (int n);
Reply:[_] = Parse;
Reply:[_] = Split;
handle error Parse => Drop;
repeat Parse:[_];
