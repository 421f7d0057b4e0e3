"""All of the grader that is visible inside of the sandbox. It holds no secret, and nothing that it says is believed."""
