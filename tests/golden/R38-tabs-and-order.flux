source Listen => Serve; source Listen => Serve;
	Listen () => (int fd, 	int fd);
	Serve = Raed -> Reply;	Read (int fd) => (int n);
Reply (char *text) => (int n); Reply = ;
