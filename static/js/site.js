// What is better with a script; every page is complete without it.
"use strict";
