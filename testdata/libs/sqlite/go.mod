module github.com/hotso/hotso/testdata/libs/sqlite

go 1.26.0

require (
	github.com/hotso/hotso v0.0.0
	github.com/mattn/go-sqlite3 v1.14.32
)

replace github.com/hotso/hotso => ../../..
