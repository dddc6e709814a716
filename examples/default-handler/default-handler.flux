// default-handler.flux - one handler for all errors that nobody else handles.
//
// `handle error *` is asked last, after the handlers of the failing node and of every node around
// it. It takes nothing, or the code; flux_failed_node() says who failed. A dispatch of which no arm
// matches is an error like any other: FLUX_ENOMATCH.

Requests () => (int code);
Check (int code) => (int code);
Red (int code) => ();
Green (int code) => ();
Report (int error) => ();

typedef red IsRed;
typedef green IsGreen;

source Requests => Serve;
Serve = Check -> Paint;
Paint:[red] = Red;
Paint:[green] = Green; // fluxc warns that there is no arm for the rest [-Wmissing-default]

handle error * => Report;
