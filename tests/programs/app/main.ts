document.title = 'hello' satisfies string;
