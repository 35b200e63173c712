module sandbox-system/execd

go 1.19
