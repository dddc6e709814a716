<?php
// A page as a small site makes it: some text, some work, and always the same.
header('Content-Type: text/html; charset=utf-8');
echo "<!doctype html>\n<title>A table</title>\n<table>\n";
for ($row = 1; $row <= 40; $row++) {
    printf("<tr><td>%d<td>%s\n", $row, htmlspecialchars(md5("row $row")));
}
echo "</table>\n";
