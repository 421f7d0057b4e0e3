"""Other graders' doors: one submission judged as in a class, told in the form that each platform reads."""
