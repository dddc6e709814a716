// fluxc: --emit=dot -w
// What a drawing has besides boxes: nodes that stand twice and are defined below, empty arms, arms of
// many fields, lines that wrap, chips in rows.
Listen () => (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l);
Read (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l) => (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l);
Check (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l) => (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l);
Hurry (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l) => (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l);
Pack (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l) => (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l);
Send (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l) => (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l);
Count (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l) => (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l);
Store (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l) => (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l);
Archive (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l) => (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l);
Report (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l) => (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l);
Explain (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l, int error) => (int fd, int code);
Sorry (int fd, int code) => ();
Done (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l) => ();
Close (int fd, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l) => ();

source Listen {session: SessionOf} => Serve finally Close;
Serve = Read -> Check -> Route -> Deliver -> Count -> Store -> Archive -> Deliver -> Report -> Done;

Route:[_, urgent, _, _, _, _, late, _, _, _, _, _] = Hurry;
Route:[_, _, _, _, _, _, _, _, _, _, _, _] = ;
typedef urgent IsUrgent;
typedef late IsLate;

Deliver = Pack -> Send;
handle error Deliver => Apologize;
Apologize = Explain -> Sorry;

await Read: readable(fd);
blocking Archive;
atomic Check:{alphabet, betatron?, gammarays, deltawing, mine(session), yours?(session)};
atomic Serve:{zeal};
atomic Listen:{door};
