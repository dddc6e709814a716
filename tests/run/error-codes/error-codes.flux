// R8: any value but 0 is an error, positive or not, and reaches the handler as it is; outside of a
// source FLUX_STOP is one like any other. What `out` holds then is of no interest.

Codes () => (int code);
Fail (int code) => (int code);
Good (int code) => ();
Bad (int code, int error) => ();

source Codes => Flow;
Flow = Fail -> Good;
handle error Fail => Bad;
