Promise.reject('not an error');
