int transfers_open(void);
void transfers_add(const char *url);
int transfers_drive(void);
