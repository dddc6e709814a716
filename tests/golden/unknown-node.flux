source Listen => Image;
Listen () => (int socket);
Image = ReadReqest -> IsBig -> big -> Complete;
ReadRequest (int socket) => (int socket);
Complete (int socket) => ();
typedef big IsBig;
